#include "conclave/telemetry/meter.hpp"

#include <map>

#include "conclave/test/catch.hpp"

namespace conclave::telemetry {
namespace {

Instant the_time{};
Instant clock() { return the_time; }
void pass(Duration span) { the_time += span; }

/// Ports that take everything in.
struct Swallows final : engine::ClientLinks, engine::LogStore {
  int replies = 0;
  int writes = 0;
  void reply(engine::ConnectionId, engine::RequestId, const engine::ReplyHeader&, const engine::ReplyBody&) override { ++replies; }
  std::size_t push_events(engine::ConnectionId, std::span<const engine::WatchId>, Revision, const Bytes&, bool) override {
    return 7;
  }
  std::size_t push_bookmark(engine::ConnectionId, std::span<const engine::WatchId>, Revision) override { return 0; }
  void push_watch_ended(engine::ConnectionId, engine::WatchId, const engine::WatchEnded&) override {}
  void push_turn(engine::ConnectionId, engine::WatchId, const mvcc::TurnFired&) override {}
  void push_leader_news(engine::ConnectionId, bool, MemberId) override {}
  void close(engine::ConnectionId, const Error&) override {}
  void submit(raft::Write) override { ++writes; }
  void read(MemberId, Index, std::size_t) override {}
  void cut(raft::EntryId) override {}
};

struct Bench {
  Swallows ports;
  Meter meter{clock};
  engine::ClientLinks& clients = meter.around(static_cast<engine::ClientLinks&>(ports));
  engine::LogStore& log = meter.around(static_cast<engine::LogStore&>(ports));

  void ask(std::uint64_t connection, std::uint64_t request, engine::ClientBody body) {
    meter.saw(engine::ClientAsked{engine::ConnectionId(connection), engine::RequestId(request), std::move(body)});
  }
  void reply(std::uint64_t connection, std::uint64_t request, const engine::ReplyBody& body) {
    clients.reply(engine::ConnectionId(connection), engine::RequestId(request), {}, body);
  }
};

raft::Write write_of(std::uint64_t id, std::uint64_t last_index) {
  raft::Write write;
  write.id = raft::WriteId(id);
  raft::Entry entry;
  entry.id = {Term(1), Index(last_index)};
  write.entries.push_back(std::make_shared<const raft::Entry>(std::move(entry)));
  return write;
}

std::uint64_t total(const http::LatencyHistogram& histogram) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : histogram.counts()) sum += count;
  return sum;
}

}  // namespace

TEST_CASE("a request is counted by its kind and outcome, with the time until its answer") {
  Bench bench;
  bench.ask(1, 1, engine::WriteRequest{});
  bench.ask(1, 2, engine::ReadRequest{});
  pass(milliseconds(3));
  bench.meter.pass_begins();
  bench.reply(1, 1, std::make_shared<const mvcc::Response>());
  mvcc::Refused refused;
  refused.code = Errc::no_leader;
  bench.reply(1, 2, refused);
  CHECK(bench.ports.replies == 2);
  CHECK(bench.meter.answered(RequestKind::read, static_cast<std::size_t>(Errc::no_leader)) == 1);
  CHECK(bench.meter.answered(RequestKind::write, static_cast<std::size_t>(Errc::no_leader)) == 0);
  CHECK(total(bench.meter.latency(RequestKind::write)) == 1);
  CHECK(bench.meter.latency(RequestKind::write).sum() == milliseconds(3));
}

TEST_CASE("an answer to nobody known is counted without a kind") {
  Bench bench;
  bench.ask(1, 1, engine::StatusRequest{});
  bench.reply(1, 1, engine::Acknowledged{});
  bench.reply(1, 1, engine::Acknowledged{});
  bench.reply(9, 9, engine::Acknowledged{});
  CHECK(bench.meter.answered(RequestKind::status, 0) == 1);
  CHECK(bench.meter.answered(RequestKind::other, 0) == 2);
  CHECK(total(bench.meter.latency(RequestKind::other)) == 0);
}

TEST_CASE("a write is timed until it is durable, its entries until they are applied") {
  Bench bench;
  bench.log.submit(write_of(1, 10));
  pass(milliseconds(1));
  bench.log.submit(write_of(2, 20));
  pass(milliseconds(4));
  bench.meter.saw(engine::LogDurable{raft::WriteId(2), 500, milliseconds(3)});
  CHECK(total(bench.meter.log_write()) == 2);
  CHECK(bench.meter.log_write().sum() == milliseconds(9));
  CHECK(bench.meter.log_bytes() == 500);
  CHECK(total(bench.meter.disk_flush()) == 1);
  CHECK(bench.meter.disk_flush().sum() == milliseconds(3));
  bench.meter.pass_begins();
  bench.meter.pass_ended(Index(15));
  CHECK(total(bench.meter.commit()) == 1);
  bench.meter.pass_ended(Index(20));
  CHECK(total(bench.meter.commit()) == 2);
  CHECK(bench.ports.writes == 2);
}

TEST_CASE("entries that were cut off again are not timed") {
  Bench bench;
  bench.log.submit(write_of(1, 10));
  raft::Write other = write_of(2, 10);
  other.truncate_from = Index(9);
  bench.log.submit(std::move(other));
  bench.meter.pass_ended(Index(10));
  CHECK(total(bench.meter.commit()) == 1);
}

TEST_CASE("pushes go through unchanged") {
  Bench bench;
  CHECK(bench.clients.push_events(engine::ConnectionId(1), {}, Revision(1), {}, false) == 7);
}

TEST_CASE("every kind of request has a name of its own") {
  std::map<std::string_view, int> names;
  for (std::size_t kind = 0; kind < request_kinds; ++kind) ++names[name_of(static_cast<RequestKind>(kind))];
  CHECK(names.size() == request_kinds);
}

}  // namespace conclave::telemetry
