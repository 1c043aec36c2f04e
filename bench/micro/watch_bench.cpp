#include <benchmark/benchmark.h>

#include "conclave/mvcc/watch_index.hpp"
#include "inputs.hpp"

/// Which watches an event concerns, with few groups of watches and with many.
namespace {

using namespace conclave;

mvcc::EventBatch one_event(std::uint64_t number) {
  mvcc::EventBatch batch;
  batch.revision = Revision(2);
  batch.events.push_back({mvcc::EventKind::put, mvcc::EventCause::request, micro::key_value(number), nullptr});
  return batch;
}

/// Half of the groups watch a key, half a prefix; one of each is concerned.
void fill(mvcc::WatchIndex& index, std::int64_t groups) {
  for (std::int64_t i = 0; i < groups / 2; ++i) {
    mvcc::WatchSpec key;
    key.begin = micro::key_of(static_cast<std::uint64_t>(i));
    (void)index.acquire(key);
    mvcc::WatchSpec prefix = key;
    prefix.kind = mvcc::KeySelector::Kind::prefix;
    (void)index.acquire(prefix);
  }
}

void event_is_matched(benchmark::State& state) {
  mvcc::WatchIndex index;
  fill(index, state.range(0));
  const mvcc::EventBatch batch = one_event(0);
  for (auto _ : state) benchmark::DoNotOptimize(index.match(batch));
}
BENCHMARK(event_is_matched)->ArgName("groups")->Arg(2)->Arg(10'000)->Arg(100'000);

void event_that_nobody_watches_is_matched(benchmark::State& state) {
  mvcc::WatchIndex index;
  fill(index, state.range(0));
  const mvcc::EventBatch batch = one_event(999'999'999);
  for (auto _ : state) benchmark::DoNotOptimize(index.match(batch));
}
BENCHMARK(event_that_nobody_watches_is_matched)->ArgName("groups")->Arg(2)->Arg(10'000)->Arg(100'000);

}  // namespace
