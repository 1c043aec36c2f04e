#include <benchmark/benchmark.h>

#include <array>

#include "conclave/base/prng.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "conclave/mvcc/machine.hpp"
#include "inputs.hpp"
#include "key_index.hpp"

/// The state machine: applying, looking up, reading ranges; with few keys and with many.
namespace {

using namespace conclave;

constexpr std::size_t batches_prepared = 64;

/// A machine that has applied puts of that many keys, and batches to go on with.
struct Applied {
  explicit Applied(std::uint64_t keys_in) : keys(keys_in) {
    for (std::uint64_t first = 0; first < keys; first += 100) apply(decoded_fill(first));
  }

  mvcc::Batch decoded_fill(std::uint64_t first) {
    std::vector<engine::PendingCommand> commands(100);
    for (std::uint64_t i = 0; i < 100; ++i) commands[i].command = micro::put_request(first + i);
    payload = codec::BatchCodec().encode(MachineVersion(1), cluster_time_from_millis(1), commands);
    return decode(payload);
  }

  mvcc::Batch decode(const Bytes& bytes) {
    arena.clear();
    return *codec::BatchCodec().decode(bytes, arena);
  }

  mvcc::ApplyResult apply(const mvcc::Batch& batch) { return machine.apply(machine.applied().next(), Term(1), batch); }

  std::uint64_t keys;
  mvcc::Machine machine;
  Arena arena;
  Bytes payload;
};

void batch_of_puts_is_applied(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Applied world(static_cast<std::uint64_t>(state.range(1)));
  std::vector<Bytes> payloads;
  for (std::size_t i = 0; i < batches_prepared; ++i) payloads.push_back(micro::put_batch(count, world.keys, i));
  std::size_t next = 0;
  for (auto _ : state) {
    const mvcc::Batch batch = world.decode(payloads[next++ % payloads.size()]);
    benchmark::DoNotOptimize(world.apply(batch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(batch_of_puts_is_applied)->ArgNames({"puts", "keys"})->Args({1, 10'000})->Args({100, 10'000})->Args({100, 1'000'000});

void key_is_read(benchmark::State& state) {
  const Applied world(static_cast<std::uint64_t>(state.range(0)));
  Prng prng(1);
  for (auto _ : state) {
    mvcc::RangeOp op;
    const std::string key = micro::key_of(prng.below(world.keys));
    op.keys = {mvcc::KeySelector::Kind::single, key, {}};
    benchmark::DoNotOptimize(world.machine.range(op));
  }
}
BENCHMARK(key_is_read)->ArgName("keys")->Arg(10'000)->Arg(1'000'000);

void keys_are_read_together(benchmark::State& state) {
  const Applied world(static_cast<std::uint64_t>(state.range(0)));
  Prng prng(1);
  std::array<std::string, 32> keys;
  std::array<ByteView, 32> views;
  for (auto _ : state) {
    for (std::size_t i = 0; i < keys.size(); ++i) views[i] = keys[i] = micro::key_of(prng.below(world.keys));
    world.machine.expect(views);
    mvcc::RangeOp op;
    for (const ByteView key : views) {
      op.keys = {mvcc::KeySelector::Kind::single, key, {}};
      benchmark::DoNotOptimize(world.machine.range(op));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(keys.size()));
}
BENCHMARK(keys_are_read_together)->ArgName("keys")->Arg(10'000)->Arg(1'000'000);

void page_of_1000_keys_is_read(benchmark::State& state) {
  const Applied world(100'000);
  mvcc::RangeOp op;
  op.keys = {mvcc::KeySelector::Kind::prefix, "bench/", {}};
  op.limit = 1000;
  for (auto _ : state) benchmark::DoNotOptimize(world.machine.range(op));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(page_of_1000_keys_is_read);

mvcc::KeyIndex index_of(std::uint64_t keys) {
  mvcc::KeyIndex index;
  for (std::uint64_t i = 0; i < keys; ++i) index.put(micro::key_value(i));
  return index;
}

void key_index_finds(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  const mvcc::KeyIndex index = index_of(keys);
  Prng prng(1);
  for (auto _ : state) benchmark::DoNotOptimize(index.find(micro::key_of(prng.below(keys))));
}
BENCHMARK(key_index_finds)->ArgName("keys")->Arg(10'000)->Arg(1'000'000);

void key_index_replaces(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  mvcc::KeyIndex index = index_of(keys);
  Prng prng(1);
  for (auto _ : state) benchmark::DoNotOptimize(index.put(micro::key_value(prng.below(keys))));
}
BENCHMARK(key_index_replaces)->ArgName("keys")->Arg(10'000)->Arg(1'000'000);

void key_index_removes_and_inserts(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  mvcc::KeyIndex index = index_of(keys);
  Prng prng(1);
  for (auto _ : state) {
    auto removed = index.erase(micro::key_of(prng.below(keys)));
    benchmark::DoNotOptimize(index.put(std::move(removed)));
  }
}
BENCHMARK(key_index_removes_and_inserts)->ArgName("keys")->Arg(10'000)->Arg(1'000'000);

}  // namespace
