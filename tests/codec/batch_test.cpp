#include "conclave/codec/batch_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;

namespace {

const codec::BatchCodec batches;

std::vector<engine::PendingCommand> pending() {
  std::vector<engine::PendingCommand> out;
  for (const Bytes& request : test::write_requests()) {
    const std::uint64_t number = out.size();
    out.push_back({MemberId(2), Incarnation(202), number, std::string(number, 'i'), number + 5, request});
  }
  return out;
}

Bytes encoded() { return batches.encode(MachineVersion(1), cluster_time_from_millis(5'000), pending()); }

}  // namespace

TEST_CASE("a batch comes back with its stamp and every command with its envelope") {
  const Bytes payload = encoded();
  CHECK(payload.size() % 8 == 0);
  Arena arena;
  const auto batch = batches.decode(payload, arena);
  REQUIRE(batch.has_value());
  CHECK(batch->version == MachineVersion(1));
  CHECK(batch->stamp == cluster_time_from_millis(5'000));
  REQUIRE(batch->commands.size() == 9);
  for (std::size_t i = 0; i < batch->commands.size(); ++i) {
    const auto& envelope = batch->commands[i].envelope;
    CHECK(envelope.origin == MemberId(2));
    CHECK(envelope.origin_incarnation == Incarnation(202));
    CHECK(envelope.origin_request == i);
    CHECK(envelope.identity == std::string(i, 'i'));
    CHECK(envelope.auth_revision == i + 5);
  }
  const auto& first = batch->commands[0];
  CHECK(first.envelope.session == LeaseId(9));
  CHECK(first.envelope.sequence == RequestSeq(3));
  CHECK(first.envelope.first_outstanding == RequestSeq(2));
  REQUIRE(first.guards.size() == 2);
  CHECK(first.guards[1].lease == LeaseId(71));
  CHECK(first.guards[1].key == "guard1");
  CHECK(first.guards[1].create_revision == Revision(91));
}

TEST_CASE("every kind of command is read, as views into the payload") {
  const Bytes payload = encoded();
  Arena arena;
  const auto batch = batches.decode(payload, arena);
  REQUIRE(batch.has_value());
  const auto body = [&](std::size_t i) -> const mvcc::CommandBody& { return batch->commands[i].body; };
  const auto& put = std::get<mvcc::PutOp>(std::get<mvcc::Op>(body(0)).body);
  CHECK(put.key == "key");
  CHECK(put.value == "value");
  CHECK(put.lease == LeaseId(7));
  CHECK(put.want_previous);
  CHECK(put.key.data() >= payload.data());
  CHECK(put.key.data() < payload.data() + payload.size());
  CHECK(std::get<mvcc::DeleteOp>(std::get<mvcc::Op>(body(1)).body).keys.begin == "p");
  const auto& txn = std::get<mvcc::TxnOp>(std::get<mvcc::Op>(body(2)).body);
  REQUIRE(txn.compares.size() == 1);
  CHECK(txn.compares[0].target == mvcc::CompareTarget::value);
  CHECK(txn.compares[0].relation == mvcc::CompareRelation::less);
  CHECK(txn.compares[0].value == "w");
  REQUIRE(txn.success.size() == 4);
  CHECK(std::get<mvcc::TxnOp>(txn.success[3].body).success.size() == 1);
  CHECK(txn.failure.size() == 1);
  const auto& grant = std::get<mvcc::LeaseGrant>(body(3));
  CHECK(grant.id == LeaseId(3));
  CHECK(grant.ttl == seconds(10));
  CHECK(grant.owner == "owner");
  CHECK(grant.note == "note");
  CHECK(std::get<mvcc::LeaseRevoke>(body(4)).id == LeaseId(3));
  CHECK(std::get<mvcc::LeaseRenew>(body(5)).ids.size() == 3);
  CHECK(std::get<mvcc::SessionOpen>(body(6)).nonce == 77);
  CHECK(std::get<mvcc::SessionClose>(body(7)).id == LeaseId(9));
  CHECK(std::get<mvcc::Compact>(body(8)).revision == Revision(12));
}

TEST_CASE("a payload that does not stand at a multiple of eight gives the same batch") {
  const std::string shifted = "x" + std::string(encoded().view());
  const Bytes payload = Bytes(shifted).slice(1);
  Arena arena;
  const auto batch = batches.decode(payload, arena);
  REQUIRE(batch.has_value());
  CHECK(std::get<mvcc::PutOp>(std::get<mvcc::Op>(batch->commands[0].body).body).value == "value");
}

TEST_CASE("commands that only leaders make are read from a batch") {
  const std::vector<LeaseId> ids = {LeaseId(8), LeaseId(9)};
  std::vector<engine::PendingCommand> commands(4);
  commands[0].command = batches.expire_leases(ids);
  commands[1].command = batches.set_machine_version(MachineVersion(3));
  commands[2].command = batches.renew_leases(ids);
  commands[3].command = batches.compact(Revision(17));
  Arena arena;
  const auto batch = batches.decode(batches.encode(MachineVersion(1), {}, commands), arena);
  REQUIRE(batch.has_value());
  CHECK(std::get<mvcc::ExpireLeases>(batch->commands[0].body).ids.size() == 2);
  CHECK(std::get<mvcc::SetMachineVersion>(batch->commands[1].body).version == MachineVersion(3));
  CHECK(std::get<mvcc::LeaseRenew>(batch->commands[2].body).ids[1] == LeaseId(9));
  CHECK(std::get<mvcc::Compact>(batch->commands[3].body).revision == Revision(17));
}

TEST_CASE("a command that does not decode is refused alone, and its origin is kept for the answer") {
  std::vector<engine::PendingCommand> commands(3);
  commands[0].command = Bytes(std::string("not a request at all"));
  commands[0].origin = MemberId(3);
  commands[0].request = 44;
  commands[1].command = test::put_request("k", "v");
  commands[2].command = test::nested_txn_request(5);
  Arena arena;
  const auto batch = batches.decode(batches.encode(MachineVersion(1), {}, commands), arena);
  REQUIRE(batch.has_value());
  CHECK(std::get<mvcc::Undecodable>(batch->commands[0].body).code == Errc::malformed);
  CHECK(batch->commands[0].envelope.origin == MemberId(3));
  CHECK(batch->commands[0].envelope.origin_request == 44);
  CHECK(std::holds_alternative<mvcc::Op>(batch->commands[1].body));
  CHECK(std::get<mvcc::Undecodable>(batch->commands[2].body).code == Errc::too_large);
}

TEST_CASE("an empty batch carries a stamp") {
  Arena arena;
  const auto batch = batches.decode(batches.encode(MachineVersion(1), cluster_time_from_millis(7), {}), arena);
  REQUIRE(batch.has_value());
  CHECK(batch->commands.empty());
  CHECK(batch->stamp == cluster_time_from_millis(7));
}

TEST_CASE("the stamp of a batch is read from its header alone") {
  const Bytes payload = encoded();
  CHECK(codec::stamp_of(payload) == cluster_time_from_millis(5'000));
  CHECK(codec::stamp_of(payload.slice(0, 24)) == cluster_time_from_millis(5'000));
  CHECK_FALSE(codec::stamp_of(payload.slice(0, 23)).has_value());
  std::string future(payload.view());
  future[0] = 2;
  CHECK_FALSE(codec::stamp_of(Bytes(future)).has_value());
}

TEST_CASE("a batch whose frame is broken is corruption, and one from the future a version mismatch") {
  const Bytes payload = encoded();
  Arena arena;
  for (std::size_t size = 0; size < payload.size(); size += 4) {
    CAPTURE(size);
    const auto batch = batches.decode(payload.slice(0, size), arena);
    REQUIRE_FALSE(batch.has_value());
    CHECK(batch.error().code == Errc::corruption);
  }
  std::string future(payload.view());
  future[0] = 2;
  CHECK(batches.decode(Bytes(future), arena).error().code == Errc::version_mismatch);
  CHECK(batches.decode(Bytes(std::string(payload.view()) + "12345678"), arena).error().code == Errc::corruption);
  std::string many(payload.view());
  many[7] = static_cast<char>(0x7f);
  CHECK(batches.decode(Bytes(many), arena).error().code == Errc::corruption);
}
