#include "scenario.hpp"

#include <algorithm>
#include <utility>

#include "conclave/test/catch.hpp"

namespace conclave::contract {

raft::EntryPtr entry(std::uint64_t term, std::uint64_t index, std::string payload) {
  return std::make_shared<raft::Entry>(raft::Entry{{Term(term), Index(index)}, Bytes(std::move(payload))});
}

raft::EntryPtr entry(std::uint64_t term, std::uint64_t index, raft::Membership membership) {
  return std::make_shared<raft::Entry>(raft::Entry{{Term(term), Index(index)}, std::move(membership)});
}

raft::Membership membership_of(std::uint64_t count) {
  raft::Membership membership;
  for (std::uint64_t id = 1; id <= count; ++id) {
    membership.voters.emplace_back(id);
    const auto number = std::to_string(id);
    membership.members.push_back(
        {MemberId(id), Incarnation(id + 100), "n" + number, "peer-" + number + ":1", "client-" + number + ":1"});
  }
  return membership;
}

std::vector<std::string> texts(const std::vector<raft::EntryPtr>& entries) {
  std::vector<std::string> lines;
  for (const auto& entry : entries) {
    std::string line = to_string(entry->id.index) + "/" + to_string(entry->id.term);
    if (const auto* bytes = std::get_if<Bytes>(&entry->body)) {
      line += bytes->size() > 40 ? " " + std::to_string(bytes->size()) + " bytes" : " " + std::string(bytes->view());
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

// --- Member
// -------------------------------------------------------------------------------------------------------------------------

void Member::open() {
  stores_ = medium_->open();
  kept_.clear();
  last_id_ = durable_ = {};
}

void Member::crash() {
  stores_ = {};
  medium_->crash();
  kept_.clear();
}

void Member::close() {
  stores_ = {};
  medium_->close();
  kept_.clear();
}

engine::Event Member::wait_for(const std::function<bool(const engine::Event&)>& wanted) {
  const auto kept = std::find_if(kept_.begin(), kept_.end(), wanted);
  if (kept != kept_.end()) {
    engine::Event event = std::move(*kept);
    kept_.erase(kept);
    return event;
  }
  for (;;) {
    auto event = medium_->next();
    if (!event) FAIL("a completion did not come");
    if (const auto* failed = std::get_if<engine::StorageFailed>(&*event)) FAIL("the storage failed: " << failed->error.message());
    if (wanted(*event)) return std::move(*event);
    kept_.push_back(std::move(*event));
  }
}

raft::WriteId Member::submit(raft::Write write) {
  last_id_ = last_id_.next();
  write.id = last_id_;
  stores_.log->submit(std::move(write));
  return last_id_;
}

void Member::wait_durable(raft::WriteId id) {
  while (durable_ < id) {
    const auto done = wait<engine::LogDurable>();
    REQUIRE(done.id > durable_);
    REQUIRE(done.id <= last_id_);
    durable_ = done.id;
  }
}

void Member::write(raft::Write write) { wait_durable(submit(std::move(write))); }

void Member::append(std::vector<raft::EntryPtr> entries) {
  raft::Write one;
  one.entries = std::move(entries);
  write(std::move(one));
}

// --- Driver
// -------------------------------------------------------------------------------------------------------------------------

Driver::Driver(Member& member) : member_(member), machine_(std::move(member.recovered().machine)) {
  hashes_[applied()] = machine_->state_hash();
}

void Driver::put(const std::vector<std::pair<std::string, std::string>>& pairs) { run({pairs, std::nullopt, 0, std::nullopt}); }
void Driver::erase(const std::string& key) { run({{}, key, 0, std::nullopt}); }
void Driver::compact(std::uint64_t revision) { run({{}, std::nullopt, revision, std::nullopt}); }
void Driver::no_op() { run({}); }

void Driver::change_membership(const raft::Membership& membership) { run({{}, std::nullopt, 0, membership}); }

void Driver::run(Step step) {
  const auto index = applied() + 1;
  member_.append({step.membership ? entry(1, index, *step.membership) : entry(1, index, "entry " + std::to_string(index))});
  steps_[index] = std::move(step);
  apply(index);
}

void Driver::apply(std::uint64_t index) {
  const auto& step = steps_.at(index);
  std::vector<mvcc::Op> ops;
  for (const auto& [key, value] : step.puts) {
    mvcc::PutOp put;
    put.key = key;
    put.value = value;
    ops.push_back({put});
  }
  if (step.erased) {
    mvcc::DeleteOp erase;
    erase.keys.begin = *step.erased;
    ops.push_back({erase});
  }
  std::vector<mvcc::Command> commands;
  for (const auto& op : ops) commands.push_back({{}, {}, op});
  if (step.compacted != 0) commands.push_back({{}, {}, mvcc::Compact{Revision(step.compacted)}});
  const mvcc::Batch batch{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(index)), commands};
  auto result = machine_->apply(Index(index), Term(1), batch);
  for (const auto& response : result.responses) REQUIRE_FALSE(response.refused());
  hashes_[index] = machine_->state_hash();
  if (step.membership) member_.snapshots().set_membership(Index(index), *step.membership);
  member_.state().apply(std::move(result.delta));
}

engine::CheckpointDone Driver::checkpoint() {
  allow_all();
  member_.state().checkpoint(1 << 20);
  return member_.wait<engine::CheckpointDone>();
}

void Driver::restart(std::uint64_t least, std::uint64_t most) {
  auto& recovered = member_.recovered();
  REQUIRE(recovered.machine != nullptr);
  const auto at = recovered.machine->applied().value();
  CHECK(recovered.raft.applied.value() == at);
  CHECK(at >= least);
  CHECK(at <= most);
  REQUIRE(hashes_.contains(at));
  CHECK(recovered.machine->state_hash() == hashes_.at(at));
  machine_ = std::move(recovered.machine);
  // What was durable in the log comes again, as after every start; entries that the test appended by hand were never applied.
  const auto last = recovered.raft.entries.empty() ? at : recovered.raft.entries.back()->id.index.value();
  for (auto index = at + 1; index <= last && steps_.contains(index); ++index) apply(index);
}

std::string Driver::value(const std::string& key) const {
  const auto kv = machine_->get(key);
  return kv == nullptr ? "(none)" : std::string(kv->value());
}

}  // namespace conclave::contract
