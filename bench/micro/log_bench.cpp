#include <benchmark/benchmark.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "conclave/storage/storage.hpp"
#include "inputs.hpp"

/// Appending to the log, up to the report that it is durable. Runs on the disk of the working directory.
namespace {

using namespace conclave;

/// Counts completions; the storage's threads call it.
class Durable {
 public:
  void took(const engine::Event& event) {
    const auto* durable = std::get_if<engine::LogDurable>(&event);
    if (durable == nullptr) return;
    {
      const std::scoped_lock lock(mutex_);
      id_ = durable->id;
    }
    changed_.notify_one();
  }
  void wait_for(raft::WriteId id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return id_ >= id; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  raft::WriteId id_;
};

storage::Options options_in(const std::filesystem::path& directory) {
  storage::Options options;
  options.directory = directory;
  options.owner = {MemberId(1), "n1", ClusterId(7), "micro"};
  options.bootstrap.voters = {MemberId(1)};
  options.bootstrap.members = {{MemberId(1), Incarnation(), "n1", "a:1", "b:1"}};
  options.disk.soft_bytes = options.disk.hard_bytes = 0;
  return options;
}

/// A log in a directory of its own that goes with it.
class Log {
 public:
  Log() : directory_(std::filesystem::current_path() / ("micro-log." + std::to_string(::getpid()))) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    auto opened =
        storage::Storage::open(options_in(directory_ / "data"), sink_, [this](const engine::Event& e) { durable_.took(e); });
    if (opened) storage_ = std::move(opened->storage);
  }
  ~Log() {
    storage_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool is_open() const { return storage_ != nullptr; }
  void append(const Bytes& payload) {
    ++last_;
    raft::Write write;
    write.id = raft::WriteId(last_);
    write.entries.push_back(std::make_shared<const raft::Entry>(raft::Entry{{Term(1), Index(last_)}, payload}));
    storage_->log().submit(std::move(write));
    durable_.wait_for(raft::WriteId(last_));
  }

 private:
  std::filesystem::path directory_;
  NullLogSink sink_;
  Durable durable_;
  std::unique_ptr<storage::Storage> storage_;
  std::uint64_t last_ = 0;
};

void batch_is_appended_to_the_log(benchmark::State& state) {
  Log log;
  if (!log.is_open()) return state.SkipWithError("the storage could not be opened");
  const Bytes payload = micro::put_batch(static_cast<std::size_t>(state.range(0)), 100'000, 1);
  for (auto _ : state) log.append(payload);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(batch_is_appended_to_the_log)->ArgName("puts")->Arg(1)->Arg(100)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace

BENCHMARK_MAIN();
