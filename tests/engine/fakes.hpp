#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "conclave/engine/engine.hpp"

/// Ports that only remember, and a codec of plain words: "put KEY VALUE", "grant TTL_MS", "open NONCE TTL_MS", "renew ID...",
/// "revoke ID", "compact REVISION". Commands of a session start with "@SESSION/SEQUENCE/FIRST ".
namespace conclave::engine::test {

class WordCodec final : public BatchCodec {
 public:
  [[nodiscard]] Bytes encode(MachineVersion version, ClusterTime stamp, std::span<const PendingCommand> commands) const override;
  [[nodiscard]] Result<mvcc::Batch> decode(const Bytes& payload, Arena& arena) const override;
  [[nodiscard]] Bytes expire_leases(std::span<const LeaseId> ids) const override { return words("expire", ids); }
  [[nodiscard]] Bytes renew_leases(std::span<const LeaseId> ids) const override { return words("renew", ids); }
  [[nodiscard]] Bytes compact(Revision revision) const override { return Bytes("compact " + to_string(revision)); }
  [[nodiscard]] Bytes set_machine_version(MachineVersion version) const override { return Bytes("version " + to_string(version)); }

 private:
  struct Kept {
    MachineVersion version;
    ClusterTime stamp;
    std::vector<PendingCommand> commands;
  };
  [[nodiscard]] static Bytes words(const std::string& verb, std::span<const LeaseId> ids);
  mutable std::deque<Kept> kept_;  ///< the payload is the number of the batch kept here
};

class WordEncoder final : public EventEncoder {
 public:
  [[nodiscard]] Bytes encode(std::span<const mvcc::Event> events, bool want_previous, bool keys_only) const override;
};

class FakeLog final : public LogStore {
 public:
  void submit(raft::Write write) override { pending.push_back(std::move(write)); }
  void read(MemberId, Index, std::size_t) override {}
  void cut(raft::EntryId to) override { cut_to = to; }
  std::deque<raft::Write> pending;
  raft::EntryId cut_to;
};

class FakeState final : public StateStore {
 public:
  void apply(mvcc::StateDelta delta) override { applied = delta.meta.applied; }
  void set_durable(Index index) override { durable = index; }
  void checkpoint(std::uint64_t) override { ++checkpoints; }
  void read_history(std::uint64_t token, Revision from, Revision to, std::size_t) override {
    history_reads.push_back({token, from, to});
  }
  void read_overlay(std::uint64_t, const mvcc::WatchSpec&, Revision, Revision) override {}
  struct HistoryAsk {
    std::uint64_t token;
    Revision from, to;
  };
  Index applied, durable;
  int checkpoints = 0;
  std::vector<HistoryAsk> history_reads;
};

class FakeSnapshots final : public SnapshotStore {
 public:
  void read(const raft::SnapshotRead&) override {}
  void release(MemberId) override {}
  void store(raft::SnapshotReceived) override {}
  void load_installed(const raft::SnapshotMeta&) override {}
  void set_membership(Index, const raft::Membership&) override {}
};

class FakePeers final : public PeerLinks {
 public:
  void send(MemberId to, PeerMessage message) override { sent.emplace_back(to, std::move(message)); }
  void set_members(const raft::Membership&) override {}
  std::deque<std::pair<MemberId, PeerMessage>> sent;
};

class FakeClients final : public ClientLinks {
 public:
  void reply(ConnectionId connection, RequestId request, const ReplyHeader&, const ReplyBody& body) override {
    replies[{connection, request}].push_back(body);
    said.emplace_back("answer");
  }
  std::size_t push_events(ConnectionId connection, std::span<const WatchId> watches, Revision revision, const Bytes& events,
                          bool more) override;
  std::size_t push_bookmark(ConnectionId, std::span<const WatchId>, Revision revision) override {
    return bookmarks.push_back(revision), 16;
  }
  void push_watch_ended(ConnectionId, WatchId watch, const WatchEnded& why) override { ended.emplace_back(watch, why); }
  void push_turn(ConnectionId, WatchId watch, const mvcc::TurnFired& turn) override {
    turns.emplace_back(watch, turn);
    said.emplace_back("turn");
  }
  void push_leader_news(ConnectionId, bool has_leader, MemberId) override { leader_news.push_back(has_leader); }
  void close(ConnectionId, const Error&) override {}
  void flush() override { said.emplace_back("flush"); }

  std::map<std::pair<ConnectionId, RequestId>, std::vector<ReplyBody>> replies;
  std::vector<std::string> pushed;  ///< "watch,watch@revision events"
  std::vector<Revision> bookmarks;
  std::vector<std::pair<WatchId, WatchEnded>> ended;
  std::vector<std::pair<WatchId, mvcc::TurnFired>> turns;
  std::vector<bool> leader_news;
  std::vector<std::string> said;  ///< "answer", "turn", "events", "flush", as they came
};

}  // namespace conclave::engine::test
