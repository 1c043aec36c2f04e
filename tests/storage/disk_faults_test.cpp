#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "io_hooks.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::size_t entry_bytes = 5000;            // a record of two blocks
constexpr std::uint64_t entries_of_a_segment = 127;  // of 1 MiB

bool is_segment(const std::string& path) { return path.ends_with(".segment"); }
bool is_log_directory(const std::string& path) { return path.ends_with("/log"); }

std::string payload(std::uint64_t index) { return std::string(entry_bytes, static_cast<char>('a' + index % 26)); }

/// Asks for one entry to be written.
void submit(OpenStorage& storage, std::uint64_t index) {
  raft::Write write;
  write.id = raft::WriteId(index);
  write.entries = {make_entry(1, index, payload(index))};
  storage.opened.storage->log().submit(std::move(write));
}

void write_range(OpenStorage& storage, std::uint64_t first, std::uint64_t last) {
  for (auto i = first; i <= last; ++i) write_entries(storage, i, {make_entry(1, i, payload(i))});
}

/// Applies nothing up to `last` and makes a checkpoint of it, so that the log may be cut there.
void checkpoint(OpenStorage& storage, std::uint64_t last) {
  auto& parts = *storage.opened.storage;
  const mvcc::Batch nothing{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(last)), {}};
  for (auto i = storage.opened.recovered.machine->meta().applied.value() + 1; i <= last; ++i) {
    parts.state().apply(storage.opened.recovered.machine->apply(Index(i), Term(1), nothing).delta);
  }
  parts.state().set_durable(Index(last));
  parts.state().checkpoint(1 << 20);
  static_cast<void>(wait_for<engine::CheckpointDone>(*storage.inbox));
}

template <class Holds>
void wait_until(const Holds& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
}

/// Exactly the entries up to `last`, whole; older ones may have been cut.
void check_entries_up_to(const Options& options, std::uint64_t last) {
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  const auto& found = storage->opened.recovered.raft;
  REQUIRE_FALSE(found.entries.empty());
  CHECK(found.entries.back()->id.index == Index(last));
  for (const auto& entry : found.entries) CHECK(std::get<Bytes>(entry->body).view() == payload(entry->id.index.value()));
}

/// A log directory as a power cut leaves it when every byte that was written has reached the disk, but of the names only those that
/// were flushed.
class FlushedNames {
 public:
  explicit FlushedNames(std::filesystem::path scratch) : names_(scratch / "names"), image_(scratch / "image") {}

  void flushed(const std::filesystem::path& log) {
    std::filesystem::remove_all(names_);
    std::filesystem::create_directories(names_);
    for (const auto& item : std::filesystem::directory_iterator(log)) {
      std::filesystem::create_hard_link(item.path(), names_ / item.path().filename());
    }
  }
  /// The whole data directory so; gives its path.
  const std::filesystem::path& cut_power(const std::filesystem::path& directory) {
    std::filesystem::remove_all(image_);
    std::filesystem::copy(directory, image_, std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(image_ / "log");
    std::filesystem::copy(names_, image_ / "log");
    return image_;
  }

 private:
  std::filesystem::path names_;
  std::filesystem::path image_;
};

}  // namespace

TEST_CASE("a power cut while a file that was cut begins a new segment leaves a log that opens") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  FlushedNames names(scratch.path());
  std::atomic<bool> watching = false;
  std::optional<std::filesystem::path> image;
  IoHooks hooks;
  hooks.written = [&](const std::string& path) {
    if (watching && !image && is_segment(path)) image = names.cut_power(options.directory);
  };
  hooks.synced = [&](const std::string& path) {
    if (is_log_directory(path)) names.flushed(path);
  };
  // Without a spare file that was prepared, the file that is cut becomes the spare file.
  hooks.reserve = [](const std::string& path) { return path.ends_with(".new") ? ENOSPC : 0; };
  const HookedIo hooked(std::move(hooks));
  constexpr std::uint64_t last = 2 * entries_of_a_segment;
  {
    auto storage = open_storage(options);
    if (!storage.has_value()) FAIL(storage.error().message());
    write_range(*storage, 1, last);
    checkpoint(*storage, last);
    storage->opened.storage->log().cut({Term(1), Index(last)});
    wait_until([&] { return std::filesystem::exists(options.directory / "log" / "spare"); });
    watching = true;
    write_range(*storage, last + 1, last + 1 + entries_of_a_segment);
  }
  REQUIRE(image.has_value());
  auto after = options;
  after.directory = *image;
  const auto storage = open_storage(after);
  if (!storage.has_value()) FAIL(storage.error().message());
}

TEST_CASE("a flush that fails is not tried again, and nothing is acknowledged after it") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  constexpr std::uint64_t good = 5;
  const int flushes_that_failed = run_and_die([&] {
    std::atomic<bool> failing = false;
    std::atomic<int> flushes = 0;
    IoHooks hooks;
    hooks.sync = [&](const std::string& path) {
      if (!failing || !is_segment(path)) return 0;
      ++flushes;
      return EIO;
    };
    const HookedIo hooked(std::move(hooks));
    auto storage = open_storage(options);
    if (!storage.has_value()) return 100;
    write_range(*storage, 1, good);
    failing = true;
    for (std::uint64_t i = good + 1; i <= good + 20; ++i) submit(*storage, i);
    static_cast<void>(wait_for<engine::StorageFailed>(*storage->inbox));
    storage->opened.storage.reset();
    if (!storage->inbox->take_all().empty()) return 101;
    return flushes.load();
  });
  CHECK(flushes_that_failed == 1);
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  CHECK(storage->opened.recovered.raft.entries.size() >= good);
}

TEST_CASE("writes that the system carries out in pieces are whole") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  constexpr std::uint64_t last = 2 * entries_of_a_segment;
  {
    IoHooks hooks;
    hooks.write = [](const std::string& path, std::size_t size) {
      constexpr std::size_t block = 4096;  // in smaller pieces the file takes none
      return static_cast<long>(is_segment(path) && size > block ? block : size);
    };
    const HookedIo hooked(std::move(hooks));
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    write_range(*storage, 1, last);
  }
  check_entries_up_to(options, last);
}

TEST_CASE("a disk that is full when a segment begins stops the storage, and all that was acknowledged is there afterwards") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  // The first segment has room for so many; the spare file for as many again, if it was there in time.
  const int acknowledged = run_and_die([&] {
    std::atomic<bool> full = false;
    IoHooks hooks;
    hooks.reserve = [&](const std::string&) { return full ? ENOSPC : 0; };
    const HookedIo hooked(std::move(hooks));
    auto storage = open_storage(options);
    if (!storage.has_value()) return 1;
    full = true;
    for (std::uint64_t i = 1;; ++i) {
      submit(*storage, i);
      const auto event = storage->inbox->take();
      if (!event) return 2;
      if (std::holds_alternative<engine::StorageFailed>(*event)) return static_cast<int>((i - 1) % entries_of_a_segment);
    }
  });
  CHECK(acknowledged == 0);
  std::uint64_t last = 0;
  {
    const auto storage = open_storage(options);
    if (!storage.has_value()) FAIL(storage.error().message());
    last = storage->opened.recovered.raft.entries.back()->id.index.value();
  }
  CHECK((last == entries_of_a_segment || last == 2 * entries_of_a_segment));
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    write_range(*storage, last + 1, last + entries_of_a_segment);
  }
  check_entries_up_to(options, last + entries_of_a_segment);
}
