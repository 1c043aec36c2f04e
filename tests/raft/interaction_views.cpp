#include "conclave/raft/describe.hpp"
#include "interaction_world.hpp"

namespace conclave::raft::test {

void World::status(const Command& command) {
  for (const Member* const each : chosen(command)) print(describe(each->core().status()));
}

/// The log as the core sees it: runs of one term, "1..3:1 4..5:2".
void World::log(const Command& command) {
  for (const Member* const each : chosen(command)) {
    const Status now = each->core().status();
    std::string text = to_string(each->id()) + ":";
    for (Index index = now.first; index <= now.last;) {
      const auto term = each->core().term_at(index);
      Index end = index;
      while (end < now.last && each->core().term_at(end.next()) == term) end = end.next();
      text += " " + to_string(index) + ".." + to_string(end) + ":" + (term ? to_string(*term) : "?");
      index = end.next();
    }
    print(text);
  }
}

void World::disk(const Command& command) {
  for (const Member* const each : chosen(command)) {
    const Disk& disk = each->disk();
    std::string text = to_string(each->id()) + ": term=" + to_string(disk.hard_state.term) +
                       " vote=" + (disk.hard_state.vote ? to_string(*disk.hard_state.vote) : "none") + " after " +
                       describe(disk.base()) + " [";
    for (const auto& entry : disk.entries) text += (entry == disk.entries.front() ? "" : ", ") + describe(*entry);
    print(text + "]");
  }
}

void World::state(const Command& command) {
  for (const Member* const each : chosen(command)) {
    std::string text = to_string(each->id()) + " at " + describe(each->state().last()) + ":";
    for (const auto& item : each->state().items) text += " " + (item.text.find(' ') == std::string::npos ? item.text : "-");
    print(text);
  }
}

void World::messages(const Command&) {
  for (const auto& each : network_) print(to_string(each.from) + "->" + to_string(each.to) + " " + describe(each.message));
}

void World::members(const Command& command) {
  for (const Member* const each : chosen(command))
    print(to_string(each->id()) + ": " + describe(each->core().membership()) +
          (each->core().membership_committed() ? " committed" : ""));
}

}  // namespace conclave::raft::test
