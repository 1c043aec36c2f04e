#include "conclave/raft/describe.hpp"
#include "interaction_world.hpp"

namespace conclave::raft::test {
namespace {

std::string text_of(const Result<EntryId>& result) {
  return result.has_value() ? describe(*result) : "refused: " + result.error().message();
}

std::vector<raft::Member> records_of(const std::vector<std::uint64_t>& numbers) {
  std::vector<raft::Member> records;
  for (const auto number : numbers) {
    raft::Member record;
    record.id = MemberId(number);
    record.incarnation = Incarnation(number * 100);
    record.name = "m" + std::to_string(number);
    records.push_back(record);
  }
  return records;
}

}  // namespace

void World::campaign(const Command& command) { member_of(command).core().campaign(); }

void World::tick(const Command& command) {
  for (std::uint64_t n = command.values.size() > 1 ? command.number(1) : 1; n > 0; --n) member_of(command).core().tick();
}

void World::tick_heartbeat(const Command& command) {
  Member& it = member_of(command);
  for (std::uint32_t n = it.config().heartbeat_ticks; n > 0; --n) it.core().tick();
}

void World::tick_election(const Command& command) {
  Member& it = member_of(command);
  for (std::uint32_t n = 2 * it.config().election_timeout_ticks; n > 0; --n) {
    const Role before = it.core().status().role;
    const Term term = it.core().term();
    it.core().tick();
    if (it.core().status().role != before || it.core().term() != term) return;
  }
  print("no change of role");
}

void World::propose(const Command& command) {
  command.only({"n"});
  for (std::uint64_t n = command.number_or("n", 1); n > 0; --n)
    print(text_of(member_of(command).core().propose(Bytes(command.value(1)))));
}

void World::propose_membership(const Command& command) {
  command.only({"voters", "learners", "promote"});
  std::vector<MemberId> promote;
  for (const auto id : command.numbers("promote")) promote.emplace_back(id);
  print(text_of(member_of(command).core().propose_membership(records_of(command.numbers("voters")),
                                                             records_of(command.numbers("learners")), std::move(promote))));
}

void World::read(const Command& command) {
  const auto round = member_of(command).core().begin_read();
  print(round.has_value() ? to_string(round->term) + "#" + std::to_string(round->counter) : "refused: " + round.error().message());
}

void World::transfer(const Command& command) {
  command.only({"to"});
  const auto result = member_of(command).core().transfer_leadership(MemberId(command.number("to")));
  print(result.has_value() ? "ok" : "refused: " + result.error().message());
}

void World::link_closed(const Command& command) { member_of(command).core().on_link_closed(MemberId(command.number("peer"))); }

void World::unreachable(const Command& command) { member_of(command).core().on_unreachable(MemberId(command.number("peer"))); }

void World::stamp(const Command& command) {
  if (command.values.size() > 1) member_of(command).core().set_stamp(Stamp(command.number(1)));
  print("stamp " + to_string(member_of(command).core().stamp()));
}

void World::compact(const Command& command) {
  Member& it = member_of(command);
  it.compact(Index(command.number("to")));
  print("log store of " + to_string(it.id()) + " starts after " + describe(it.disk().base()));
}

void World::checkpoint(const Command& command) {
  Member& it = member_of(command);
  it.checkpoint();
  print("state store of " + to_string(it.id()) + " is at " + describe(it.disk().checkpoint.last()));
}

}  // namespace conclave::raft::test
