#include "interaction_disk.hpp"

#include <sstream>
#include <stdexcept>

#include "conclave/raft/describe.hpp"

namespace conclave::raft::test {
namespace {

std::string text_of(const Entry& entry) {
  if (const auto* bytes = std::get_if<Bytes>(&entry.body)) return std::string(bytes->view());
  if (const auto* membership = std::get_if<Membership>(&entry.body)) return describe(*membership);
  return "noop";
}

}  // namespace

Membership AppliedState::membership_at(Index index) const {
  auto after = memberships.upper_bound(index);
  if (after == memberships.begin()) return {};
  return std::prev(after)->second;
}

AppliedState AppliedState::cut(Index to) const {
  AppliedState result = *this;
  while (!result.items.empty() && result.items.back().id.index > to) result.items.pop_back();
  result.memberships.erase(result.memberships.upper_bound(to), result.memberships.end());
  return result;
}

void AppliedState::apply(const Entry& entry) {
  if (entry.id.index != last().index.next())
    throw std::runtime_error("applied " + describe(entry.id) + " after " + describe(last()));
  items.push_back({entry.id, text_of(entry)});
  if (const auto* membership = std::get_if<Membership>(&entry.body)) memberships[entry.id.index] = *membership;
}

std::string AppliedState::to_bytes() const {
  std::string bytes;
  for (const auto& item : items) bytes += to_string(item.id.term) + " " + to_string(item.id.index) + " " + item.text + "\n";
  return bytes;
}

AppliedState AppliedState::from_snapshot(const SnapshotMeta& meta, EntryId base, const std::string& bytes) {
  AppliedState state;
  state.base = base;
  std::istringstream in(bytes);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::uint64_t term = 0;
    std::uint64_t index = 0;
    std::string text;
    fields >> term >> index;
    fields.get();
    std::getline(fields, text);
    state.items.push_back({EntryId{Term(term), Index(index)}, text});
  }
  if (state.last() != meta.last) throw std::runtime_error("the snapshot's bytes end at " + describe(state.last()));
  state.memberships[meta.last.index] = meta.membership;
  return state;
}

std::optional<Term> Disk::term_at(Index index) const {
  if (index == base().index) return base().term;
  if (index < base().index || index > last().index) return std::nullopt;
  return entries[index.minus(base().index) - 1]->id.term;
}

void Disk::execute(const Write& write, const AppliedState& received) {
  if (write.hard_state) hard_state = *write.hard_state;
  if (write.install_snapshot) {
    snapshot = *write.install_snapshot;
    entries.clear();
    checkpoint = received;
  }
  if (write.truncate_from) {
    if (*write.truncate_from <= checkpoint.last().index)
      throw std::runtime_error("the log was truncated at " + to_string(*write.truncate_from) + ", below the checkpoint");
    while (!entries.empty() && entries.back()->id.index >= *write.truncate_from) entries.pop_back();
  }
  for (const auto& entry : write.entries) {
    if (entry->id.index != last().index.next())
      throw std::runtime_error("the log store was given " + describe(entry->id) + " after " + describe(last()));
    entries.push_back(entry);
  }
}

void Disk::compact(EntryId to) {
  if (to.index > checkpoint.last().index) throw std::runtime_error("compacting past the checkpoint");
  if (to.index <= base().index) return;
  const auto count = static_cast<std::ptrdiff_t>(to.index.minus(base().index));
  entries.erase(entries.begin(), entries.begin() + count);
  snapshot = SnapshotMeta{to, checkpoint.membership_at(to.index), 0};
}

Recovered Disk::recover() const {
  return {hard_state, snapshot, checkpoint.membership_at(base().index), entries, checkpoint.last().index, stamp};
}

}  // namespace conclave::raft::test
