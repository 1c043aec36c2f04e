#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/mvcc/machine.hpp"
#include "factory.hpp"

/// What the contract suites need to speak with a medium: entries, and a state machine whose deltas are real.
namespace conclave::contract {

[[nodiscard]] raft::EntryPtr entry(std::uint64_t term, std::uint64_t index, std::string payload = {});
[[nodiscard]] raft::EntryPtr entry(std::uint64_t term, std::uint64_t index, raft::Membership membership);
/// Voters 1..count with records.
[[nodiscard]] raft::Membership membership_of(std::uint64_t count);
/// The entries as texts "index/term payload-size", so that a difference can be read.
[[nodiscard]] std::vector<std::string> texts(const std::vector<raft::EntryPtr>& entries);

/// A medium with its open stores. Completions that a test does not wait for are kept for the next one that does.
class Member {
 public:
  explicit Member(const Factory& factory) : medium_(factory()) { open(); }

  void open();
  void crash();
  void close();
  /// What the stores held when they were opened.
  [[nodiscard]] engine::Recovered& recovered() { return stores_.recovered; }
  [[nodiscard]] engine::LogStore& log() { return *stores_.log; }
  [[nodiscard]] engine::StateStore& state() { return *stores_.state; }
  [[nodiscard]] engine::SnapshotStore& snapshots() { return *stores_.snapshots; }

  /// The next completion of a kind; fails the test if none comes.
  template <class T>
  [[nodiscard]] T wait() {
    return std::get<T>(wait_for([](const engine::Event& event) { return std::holds_alternative<T>(event); }));
  }
  /// Gives the next id to the write, submits it and returns the id.
  raft::WriteId submit(raft::Write write);
  /// submit(), then waits until it is reported durable.
  void write(raft::Write write);
  void append(std::vector<raft::EntryPtr> entries);
  void wait_durable(raft::WriteId id);

 private:
  [[nodiscard]] engine::Event wait_for(const std::function<bool(const engine::Event&)>& wanted);

  std::unique_ptr<Medium> medium_;
  Stores stores_;
  std::vector<engine::Event> kept_;
  raft::WriteId last_id_;
  raft::WriteId durable_;
};

/// A member whose log entries change a state machine, as an engine does it: each change is one entry that is durable before its
/// delta is handed over. It remembers the state's hash at every applied index.
class Driver {
 public:
  explicit Driver(Member& member);

  /// One entry that puts these pairs, each in a revision of its own.
  void put(const std::vector<std::pair<std::string, std::string>>& pairs);
  void erase(const std::string& key);
  void compact(std::uint64_t revision);
  /// An entry of another kind, which still has a delta.
  void no_op();
  /// A membership entry, committed and told to the snapshot store.
  void change_membership(const raft::Membership& membership);
  /// Allows the state up to here, writes a checkpoint and returns what it reports.
  engine::CheckpointDone checkpoint();
  /// The store may keep what was applied up to `index`.
  void allow(std::uint64_t index) { member_.state().set_durable(Index(index)); }
  void allow_all() { member_.state().set_durable(machine_->applied()); }
  /// After a restart: checks that the state is that of some index in [least, most] and goes on from there, replaying the log.
  void restart(std::uint64_t least, std::uint64_t most);
  /// After an installed snapshot.
  void adopt(std::unique_ptr<mvcc::Machine> machine) { machine_ = std::move(machine); }

  [[nodiscard]] const mvcc::Machine& machine() const { return *machine_; }
  [[nodiscard]] std::uint64_t applied() const { return machine_->applied().value(); }
  [[nodiscard]] std::string value(const std::string& key) const;

 private:
  struct Step {
    std::vector<std::pair<std::string, std::string>> puts;
    std::optional<std::string> erased;
    std::uint64_t compacted = 0;
    std::optional<raft::Membership> membership;
  };
  void run(Step step);
  void apply(std::uint64_t index);

  Member& member_;
  std::unique_ptr<mvcc::Machine> machine_;
  std::map<std::uint64_t, Step> steps_;            // by index: what the entry did
  std::map<std::uint64_t, std::uint64_t> hashes_;  // by index: of the state after it
};

}  // namespace conclave::contract
