#include "snapshot_store_contract.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "conclave/test/catch.hpp"
#include "scenario.hpp"

namespace conclave::contract {
namespace {

constexpr std::size_t chunk_bytes = 3000;

raft::SnapshotRead first_read(std::uint64_t at_least = 1, std::uint64_t peer = 2) {
  return {MemberId(peer), std::nullopt, Index(at_least), 0, chunk_bytes};
}

std::optional<raft::SnapshotChunk> read(Member& from, const raft::SnapshotRead& request) {
  from.snapshots().read(request);
  auto answer = from.wait<engine::SnapshotChunkRead>();
  CHECK(answer.peer == request.peer);
  return answer.chunk;
}

raft::SnapshotRead next_read(const raft::SnapshotChunk& chunk, std::uint64_t peer = 2) {
  return {MemberId(peer), chunk.meta, Index(1), chunk.offset + chunk.bytes.size(), chunk_bytes};
}

/// All chunks of a transfer.
std::vector<raft::SnapshotChunk> read_all(Member& from, std::uint64_t peer = 2) {
  std::vector<raft::SnapshotChunk> chunks;
  auto chunk = read(from, first_read(1, peer));
  REQUIRE(chunk.has_value());
  for (;;) {
    chunks.push_back(*chunk);
    REQUIRE(chunks.size() < 10'000);
    if (chunk->done) return chunks;
    const auto request = next_read(*chunk, peer);
    chunk = read(from, request);
    REQUIRE(chunk.has_value());
    CHECK(chunk->offset == request.offset);
    CHECK(chunk->meta == chunks.front().meta);
    REQUIRE(chunk->bytes.size() > 0);
  }
}

engine::SnapshotStored store(Member& to, const raft::SnapshotChunk& chunk) {
  to.snapshots().store({chunk.meta, chunk.offset, chunk.bytes, chunk.done});
  auto answer = to.wait<engine::SnapshotStored>();
  CHECK(answer.last == chunk.meta.last);
  return answer;
}

/// Stores all chunks; the last answer.
engine::SnapshotStored store_all(Member& to, const std::vector<raft::SnapshotChunk>& chunks) {
  engine::SnapshotStored answer;
  for (const auto& chunk : chunks) {
    answer = store(to, chunk);
    if (!answer.ok) return answer;
    CHECK(answer.next_offset == chunk.offset + chunk.bytes.size());
    CHECK(answer.complete == chunk.done);
  }
  return answer;
}

void install(Member& to, const raft::SnapshotMeta& meta) {
  raft::Write write;
  write.install_snapshot = meta;
  to.write(std::move(write));
}

std::unique_ptr<mvcc::Machine> load(Member& to, const raft::SnapshotMeta& meta) {
  to.snapshots().load_installed(meta);
  auto answer = to.wait<engine::MachineLoaded>();
  CHECK(answer.meta == meta);
  REQUIRE(answer.machine != nullptr);
  return std::move(answer.machine);
}

std::string joined(const std::vector<raft::SnapshotChunk>& chunks) {
  std::string bytes;
  for (const auto& chunk : chunks) bytes.append(chunk.bytes.view());
  return bytes;
}

/// Some kilobytes of state at index 23, with a membership since index 21.
void fill(Driver& driver) {
  for (int i = 1; i <= 20; ++i) driver.put({{"key" + std::to_string(i), std::string(500, 'v')}, {"same", std::to_string(i)}});
  driver.change_membership(membership_of(3));
  driver.erase("key7");
  driver.put({{"last", "value"}});
}

void sending(const Factory& factory) {
  Member source(factory);
  Driver driver(source);
  SECTION("there is no snapshot of an empty state") { CHECK_FALSE(read(source, first_read()).has_value()); }
  fill(driver);
  driver.checkpoint();
  SECTION("the first chunk names the index, the membership there and the size of all chunks") {
    const auto chunks = read_all(source);
    CHECK(chunks.size() > 3);
    const auto& meta = chunks.front().meta;
    CHECK(meta.last == raft::EntryId{Term(1), Index(23)});
    CHECK(meta.membership == membership_of(3));
    CHECK(meta.total_bytes == joined(chunks).size());
  }
  SECTION("an offset that is asked for again gives the same bytes, whatever happened to the state") {
    const auto chunks = read_all(source);
    for (int i = 0; i < 10; ++i) driver.put({{"key" + std::to_string(i), "changed"}});
    driver.checkpoint();
    const auto again = read(source, next_read(chunks[1]));
    REQUIRE(again.has_value());
    CHECK(*again == chunks[2]);
  }
  SECTION("two peers may be served at a time") {
    const auto one = read(source, first_read(1, 2));
    const auto other = read(source, first_read(1, 3));
    REQUIRE(one.has_value());
    REQUIRE(other.has_value());
    source.snapshots().release(MemberId(2));
    const auto rest = read(source, next_read(*other, 3));
    REQUIRE(rest.has_value());
    CHECK(rest->meta == other->meta);
  }
  SECTION("an index that must be contained is, or there is no chunk") {
    CHECK_FALSE(read(source, first_read(24)).has_value());
    const auto old = read(source, first_read(23));
    REQUIRE(old.has_value());
    driver.put({{"newer", "v"}});
    driver.allow_all();
    const auto newer = read(source, first_read(24));
    REQUIRE(newer.has_value());
    CHECK(newer->meta.last.index == Index(24));
  }
  SECTION("a snapshot that the store does not have any more gives no chunk") {
    const auto chunk = read(source, first_read());
    REQUIRE(chunk.has_value());
    source.snapshots().release(MemberId(2));
    source.crash();
    source.open();
    CHECK_FALSE(read(source, next_read(*chunk)).has_value());
  }
  SECTION("the membership is known after a restart") {
    source.crash();
    source.open();
    const auto chunk = read(source, first_read());
    REQUIRE(chunk.has_value());
    CHECK(chunk->meta.membership == membership_of(3));
  }
}

void receiving(const Factory& factory) {
  Member source(factory);
  Driver driver(source);
  fill(driver);
  driver.checkpoint();
  const auto chunks = read_all(source);
  const auto& meta = chunks.front().meta;

  Member target(factory);
  Driver old(target);
  for (int i = 0; i < 5; ++i) old.put({{"old", std::to_string(i)}});
  old.checkpoint();

  SECTION("a snapshot that is stored, installed and loaded is the state it was made of") {
    CHECK(store_all(target, chunks).complete);
    install(target, meta);
    const auto machine = load(target, meta);
    CHECK(machine->state_hash() == driver.machine().state_hash());
    CHECK(machine->applied() == Index(23));
  }
  SECTION("before the install write a crash leaves the old state and log") {
    store_all(target, chunks);
    target.crash();
    target.open();
    old.restart(5, 5);
    CHECK(old.value("old") == "4");
    CHECK(target.recovered().raft.entries.size() == 5);
    SECTION("and the snapshot can be received again") {
      CHECK(store_all(target, chunks).complete);
      install(target, meta);
      CHECK(load(target, meta)->state_hash() == driver.machine().state_hash());
    }
  }
  SECTION("after the install write a crash leaves the new state and an empty log behind it") {
    store_all(target, chunks);
    install(target, meta);
    const bool loaded = GENERATE(false, true);
    if (loaded) CHECK(load(target, meta)->applied() == Index(23));
    target.crash();
    target.open();
    const auto& found = target.recovered();
    REQUIRE(found.raft.snapshot.has_value());
    CHECK(found.raft.snapshot->last == meta.last);
    CHECK(found.raft.snapshot->membership == meta.membership);
    CHECK(found.raft.membership == meta.membership);
    CHECK(found.raft.entries.empty());
    CHECK(found.raft.applied == Index(23));
    CHECK(found.machine->state_hash() == driver.machine().state_hash());
  }
  SECTION("log and state go on after an install") {
    store_all(target, chunks);
    install(target, meta);
    old.adopt(load(target, meta));
    old.put({{"after", "install"}});
    old.checkpoint();
    target.append({entry(2, 25, "not applied")});
    target.crash();
    target.open();
    old.restart(24, 24);
    CHECK(old.value("after") == "install");
    CHECK(old.value("last") == "value");
    CHECK(old.value("old") == "(none)");
    CHECK(texts(target.recovered().raft.entries).back() == "25/2 not applied");
  }
  SECTION("a state that was handed over before the install does not come back") {
    store_all(target, chunks);
    old.put({{"old", "late"}});
    old.allow_all();
    install(target, meta);
    old.adopt(load(target, meta));
    target.state().checkpoint(1 << 20);
    CHECK(target.wait<engine::CheckpointDone>().applied == meta.last);
    target.crash();
    target.open();
    CHECK(target.recovered().machine->state_hash() == driver.machine().state_hash());
  }
  SECTION("history comes along") {
    store_all(target, chunks);
    install(target, meta);
    CHECK(load(target, meta)->revision() == driver.machine().revision());
    target.state().read_history(1, Revision(1), driver.machine().revision(), 1 << 20);
    CHECK(target.wait<engine::HistoryRead>().batches.size() == driver.machine().revision().value());
  }
  SECTION("an installed snapshot can be sent on") {
    store_all(target, chunks);
    install(target, meta);
    old.adopt(load(target, meta));
    const auto onward = read_all(target, 3);
    CHECK(onward.front().meta.last == meta.last);
    CHECK(onward.front().meta.membership == meta.membership);
    CHECK(joined(onward) == joined(chunks));
  }
}

void bad_chunks(const Factory& factory) {
  Member source(factory);
  Driver driver(source);
  fill(driver);
  driver.checkpoint();
  const auto chunks = read_all(source);
  Member target(factory);

  SECTION("a chunk that does not follow is answered with where the receipt stands") {
    CHECK(store(target, chunks[0]).next_offset == chunks[1].offset);
    const auto answer = store(target, chunks[2]);
    CHECK(answer.next_offset == chunks[1].offset);
    CHECK_FALSE(answer.complete);
    const auto repeated = store(target, chunks[1]);
    CHECK(repeated.next_offset == chunks[2].offset);
  }
  SECTION("a chunk at offset 0 starts again") {
    store(target, chunks[0]);
    store(target, chunks[1]);
    CHECK(store(target, chunks[0]).next_offset == chunks[1].offset);
    CHECK(store_all(target, chunks).complete);
  }
  SECTION("a changed byte is found, and the next receipt is good") {
    const auto bytes = joined(chunks);
    const auto place = GENERATE_COPY(take(8, random(std::size_t{0}, bytes.size() - 1)));
    auto bad = chunks;
    for (auto& chunk : bad) {
      if (place < chunk.offset || place >= chunk.offset + chunk.bytes.size()) continue;
      std::string changed(chunk.bytes.view());
      changed[place - chunk.offset] = static_cast<char>(changed[place - chunk.offset] ^ 0x10);
      chunk.bytes = Bytes(std::move(changed));
    }
    INFO("byte " << place << " of " << bytes.size());
    const auto answer = store_all(target, bad);
    CHECK_FALSE(answer.ok);
    CHECK_FALSE(answer.complete);
    CHECK(answer.next_offset == 0);
    CHECK(store_all(target, chunks).complete);
  }
  SECTION("a snapshot that is not of the index it was announced with is refused") {
    auto bad = chunks;
    for (auto& chunk : bad) chunk.meta.last.index = Index(99);
    CHECK_FALSE(store_all(target, bad).ok);
  }
  SECTION("a chunk past the announced size is refused") {
    auto bad = chunks[0];
    bad.meta.total_bytes = bad.bytes.size() - 1;
    CHECK_FALSE(store(target, bad).ok);
  }
}

}  // namespace

void snapshot_store_contract(const Factory& factory) {
  SECTION("sending") { sending(factory); }
  SECTION("receiving") { receiving(factory); }
  SECTION("bad chunks") { bad_chunks(factory); }
}

}  // namespace conclave::contract
