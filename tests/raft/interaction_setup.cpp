#include <algorithm>

#include "interaction_world.hpp"

namespace conclave::raft::test {
namespace {

using conclave::test::Command;

std::vector<MemberId> ids_of(const std::vector<std::uint64_t>& numbers) {
  std::vector<MemberId> ids;
  for (const auto number : numbers) ids.emplace_back(number);
  return ids;
}

raft::Member record_of(MemberId id) { return raft::Member{id, Incarnation(id.value() * 100), "m" + to_string(id), {}, {}}; }

Config config_of(const Command& command, MemberId self) {
  Config config;
  config.self = self;
  config.incarnation = Incarnation(self.value() * 100);
  config.heartbeat_ticks = static_cast<std::uint32_t>(command.number_or("heartbeat", 1));
  config.election_timeout_ticks = static_cast<std::uint32_t>(command.number_or("election", 5));
  config.link_closed_campaign_ticks_max = static_cast<std::uint32_t>(command.number_or("link-closed-ticks", 2));
  config.append_entries_max = command.number_or("append-entries", config.append_entries_max);
  config.append_bytes_max = command.number_or("append-bytes", config.append_bytes_max);
  config.inflight_messages_max = command.number_or("inflight", config.inflight_messages_max);
  config.inflight_bytes_max = command.number_or("inflight-bytes", config.inflight_bytes_max);
  config.writes_in_flight_max = command.number_or("writes", config.writes_in_flight_max);
  config.write_bytes_max = command.number_or("write-bytes", config.write_bytes_max);
  config.apply_bytes_max = command.number_or("apply-bytes", config.apply_bytes_max);
  config.memory_log_bytes_max = command.number_or("memory", config.memory_log_bytes_max);
  config.snapshot_chunk_bytes = command.number_or("chunk", config.snapshot_chunk_bytes);
  config.snapshot_retry_ticks = static_cast<std::uint32_t>(command.number_or("snapshot-retry", 5));
  config.uncommitted_bytes_max = command.number_or("uncommitted", config.uncommitted_bytes_max);
  return config;
}

/// log=1,1,2 gives entries of these terms; their text is the id, so that two entries of one id are the same.
std::vector<EntryPtr> entries_of(const std::vector<std::uint64_t>& terms, Index first) {
  std::vector<EntryPtr> entries;
  for (const auto term : terms) {
    const EntryId id{Term(term), first.plus(entries.size())};
    entries.push_back(std::make_shared<const Entry>(Entry{id, Bytes("e" + to_string(id.index) + "t" + to_string(id.term))}));
  }
  return entries;
}

Disk disk_of(const Command& command, const Membership& membership) {
  Disk disk;
  const Index index(command.number_or("index", 0));
  disk.checkpoint.memberships[index] = membership;
  if (!index.is_zero()) {
    disk.hard_state.term = Term(1);
    disk.checkpoint.base = EntryId{Term(1), index};
    disk.snapshot = SnapshotMeta{disk.checkpoint.base, membership, 0};
  }
  disk.entries = entries_of(command.numbers("log"), index.next());
  if (command.has("term")) disk.hard_state.term = Term(command.number("term"));
  if (command.has("vote")) disk.hard_state.vote = MemberId(command.number("vote"));
  disk.stamp = Stamp(command.number_or("stamp", 0));
  return disk;
}

}  // namespace

void World::add_nodes(const Command& command) {
  command.only({"voters",         "learners",
                "index",          "log",
                "term",           "vote",
                "stamp",          "heartbeat",
                "election",       "link-closed-ticks",
                "append-entries", "append-bytes",
                "inflight",       "inflight-bytes",
                "writes",         "write-bytes",
                "apply-bytes",    "memory",
                "chunk",          "snapshot-retry",
                "uncommitted"});
  const std::uint64_t first = members_.empty() ? 1 : members_.rbegin()->first.value() + 1;
  const std::uint64_t count = command.number(0);
  Membership membership;
  membership.learners = ids_of(command.numbers("learners"));
  membership.voters = ids_of(command.numbers("voters"));
  for (std::uint64_t id = first; !command.has("voters") && id < first + count; ++id)
    if (std::find(membership.learners.begin(), membership.learners.end(), MemberId(id)) == membership.learners.end())
      membership.voters.emplace_back(id);
  for (const auto& list : {membership.voters, membership.learners})
    for (const auto id : list) membership.members.push_back(record_of(id));
  std::sort(membership.members.begin(), membership.members.end(),
            [](const raft::Member& a, const raft::Member& b) { return a.id < b.id; });
  for (std::uint64_t id = first; id < first + count; ++id)
    members_[MemberId(id)] = std::make_unique<Member>(config_of(command, MemberId(id)), disk_of(command, membership), id);
}

void World::crash(const Command& command) {
  command.only({"keep"});
  Member& it = member_of(command);
  it.execute_writes(command.number_or("keep", 0));
  it.crash();
  oracle_.forget(it.id());
}

void World::restart(const Command& command) {
  Member& it = member_of(command);
  if (it.is_up()) {
    it.crash();
    oracle_.forget(it.id());
  }
  it.restart(it.id().value() + 1000 * ++restarts_);
  durable_printed_.erase(it.id());
}

}  // namespace conclave::raft::test
