#include "wired_tiger_medium.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "conclave/storage/storage.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "scenario.hpp"

namespace conclave::contract {
namespace {

/// Completions from the storage threads, taken by the test's.
class Inbox {
 public:
  void put(engine::Event event) {
    {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
    }
    wake_.notify_one();
  }
  std::optional<engine::Event> take() {
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, std::chrono::seconds(30), [this] { return !events_.empty(); })) return std::nullopt;
    engine::Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<engine::Event> events_;
};

/// Counts what is submitted, so that a crash can wait for a moment when nobody writes: the files can only be copied whole then.
class CountingLog final : public engine::LogStore {
 public:
  explicit CountingLog(engine::LogStore& log) : log_(log) {}
  void submit(raft::Write write) override {
    last = write.id;
    log_.submit(std::move(write));
  }
  void read(MemberId peer, Index from, std::size_t bytes_max) override { log_.read(peer, from, bytes_max); }
  void cut(raft::EntryId to) override { log_.cut(to); }
  raft::WriteId last;

 private:
  engine::LogStore& log_;
};

class WiredTigerMedium final : public Medium {
 public:
  Stores open() override {
    storage::Options options;
    options.directory = scratch_.path() / std::to_string(life_);
    options.owner = {MemberId(1), "n1", ClusterId(7), "token"};
    options.bootstrap = membership_of(1);
    options.cache_bytes = 32 << 20;
    options.log_file_bytes = 1 << 20;
    options.chunk_bytes = 4096;
    options.dirty_bytes_max = 16 << 10;
    options.disk.soft_bytes = options.disk.hard_bytes = 0;
    inbox_ = std::make_shared<Inbox>();
    auto opened =
        storage::Storage::open(options, log_sink_, [inbox = inbox_](engine::Event event) { inbox->put(std::move(event)); });
    if (!opened.has_value()) FAIL(opened.error().message());
    storage_ = std::move(opened->storage);
    log_.emplace(storage_->log());
    return {&*log_, &storage_->state(), &storage_->snapshots(), std::move(opened->recovered)};
  }

  void crash() override {
    quiesce();
    const auto from = scratch_.path() / std::to_string(life_);
    const auto to = scratch_.path() / std::to_string(life_ + 1);
    copy(from, to);
    close();
    std::filesystem::remove_all(from);
    ++life_;
  }

  void close() override {
    log_.reset();
    storage_.reset();
  }

  std::optional<engine::Event> next() override {
    auto event = inbox_->take();
    if (event) note(*event);
    return event;
  }

 private:
  void note(const engine::Event& event) {
    if (const auto* done = std::get_if<engine::LogDurable>(&event)) durable_ = done->id;
  }
  /// Threads that nobody asks for anything still clean up: a file that has just gone or got its name is seen when one looks again.
  static void copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    constexpr int looks = 100;
    for (int look = 1;; ++look) {
      std::error_code code;
      std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, code);
      if (!code) return;
      if (code != std::errc::no_such_file_or_directory || look == looks) FAIL("copying " << from << ": " << code.message());
      std::filesystem::remove_all(to);
    }
  }
  /// Until the log has carried out everything and the state thread has answered a question behind all its work.
  void quiesce() {
    while (log_->last > durable_) {
      if (!next()) FAIL("a write was never reported");
    }
    constexpr std::uint64_t token = 0xdead;
    for (int round = 0; round < 2; ++round) {
      storage_->state().read_history(token, Revision(1), Revision(0), 0);
      for (;;) {
        const auto event = next();
        if (!event) FAIL("the state thread does not answer");
        const auto* answer = std::get_if<engine::HistoryRead>(&*event);
        if (answer != nullptr && answer->token == token) break;
      }
    }
    durable_ = {};
  }

  test::ScratchDir scratch_;
  int life_ = 0;
  NullLogSink log_sink_;
  std::shared_ptr<Inbox> inbox_;
  std::unique_ptr<storage::Storage> storage_;
  std::optional<CountingLog> log_;
  raft::WriteId durable_;
};

}  // namespace

std::unique_ptr<Medium> make_wired_tiger_medium() { return std::make_unique<WiredTigerMedium>(); }

}  // namespace conclave::contract
