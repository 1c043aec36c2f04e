#include <benchmark/benchmark.h>

#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/codec/log_codec.hpp"
#include "conclave/codec/peer_codec.hpp"
#include "inputs.hpp"
#include "wire.hpp"

/// Bytes to values and back. A time is per call; items per second count commands, events or entries.
namespace {

using namespace conclave;

void count_items(benchmark::State& state, std::int64_t items) { state.SetItemsProcessed(state.iterations() * items); }

void client_encodes_a_put(benchmark::State& state) {
  PutOp put;
  put.key = micro::key_of(1);
  put.value = micro::value_of_size();
  const Write write{put, {}};
  client::Encoder encoder;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.write(1, write, {LeaseId(1), RequestSeq(2), RequestSeq(2)}));
}
BENCHMARK(client_encodes_a_put);

void server_decodes_and_verifies_a_put(benchmark::State& state) {
  const Bytes request = micro::put_request(1);
  const mvcc::Limits limits;
  for (auto _ : state) benchmark::DoNotOptimize(codec::decode_request(protocol::FrameKind::write, request, limits));
}
BENCHMARK(server_decodes_and_verifies_a_put);

void batch_of_puts_is_encoded(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<engine::PendingCommand> commands(count);
  for (std::size_t i = 0; i < count; ++i) commands[i].command = micro::put_request(i);
  const codec::BatchCodec batches;
  for (auto _ : state) benchmark::DoNotOptimize(batches.encode(MachineVersion(1), cluster_time_from_millis(1), commands));
  count_items(state, state.range(0));
}
BENCHMARK(batch_of_puts_is_encoded)->Arg(1)->Arg(100);

void batch_of_puts_is_decoded_and_verified(benchmark::State& state) {
  const Bytes payload = micro::put_batch(static_cast<std::size_t>(state.range(0)), 100'000, 1);
  const codec::BatchCodec batches;
  Arena arena;
  for (auto _ : state) {
    arena.clear();
    benchmark::DoNotOptimize(batches.decode(payload, arena));
  }
  count_items(state, state.range(0));
}
BENCHMARK(batch_of_puts_is_decoded_and_verified)->Arg(1)->Arg(100);

void log_row_is_encoded(benchmark::State& state) {
  const raft::Entry entry{{Term(1), Index(1)}, micro::put_batch(static_cast<std::size_t>(state.range(0)), 100'000, 1)};
  for (auto _ : state) benchmark::DoNotOptimize(codec::encode_entry(entry, 7));
  count_items(state, state.range(0));
}
BENCHMARK(log_row_is_encoded)->Arg(1)->Arg(100);

void append_is_encoded_for_a_follower(benchmark::State& state) {
  raft::AppendRequest append;
  append.entries.push_back(std::make_shared<const raft::Entry>(
      raft::Entry{{Term(1), Index(1)}, micro::put_batch(static_cast<std::size_t>(state.range(0)), 100'000, 1)}));
  const engine::PeerMessage message = raft::Message(append);
  codec::PeerEncoder encoder;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(message));
  count_items(state, state.range(0));
}
BENCHMARK(append_is_encoded_for_a_follower)->Arg(1)->Arg(100);

void answer_to_a_put_is_encoded(benchmark::State& state) {
  const auto response = std::make_shared<const mvcc::Response>(mvcc::Response{Revision(5), mvcc::PutResult{}});
  const engine::ReplyBody body = mvcc::ResponsePtr(response);
  codec::ClientEncoder encoder;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.reply(engine::RequestId(1), {}, body));
}
BENCHMARK(answer_to_a_put_is_encoded);

void answer_to_a_get_is_encoded(benchmark::State& state) {
  mvcc::RangeResult range;
  range.kvs.push_back(micro::key_value(1));
  range.count = 1;
  const auto response = std::make_shared<const mvcc::Response>(mvcc::Response{Revision(5), std::move(range)});
  const engine::ReplyBody body = mvcc::ResponsePtr(response);
  codec::ClientEncoder encoder;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.reply(engine::RequestId(1), {}, body));
}
BENCHMARK(answer_to_a_get_is_encoded);

void events_are_encoded_for_a_watch_group(benchmark::State& state) {
  std::vector<mvcc::Event> events;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    events.push_back({mvcc::EventKind::put, mvcc::EventCause::request, micro::key_value(static_cast<std::uint64_t>(i)), nullptr});
  const codec::EventEncoder encoder;
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(events, false, false));
  count_items(state, state.range(0));
}
BENCHMARK(events_are_encoded_for_a_watch_group)->Arg(1)->Arg(100);

}  // namespace
