#pragma once

#include <sys/types.h>
#include <wiredtiger.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "conclave/storage/storage.hpp"

/// What the tests of the WiredTiger storage share: options for small directories, completions, and processes that die.
namespace conclave::storage::test {

/// Small files, no disk marks.
[[nodiscard]] Options small_options(const std::filesystem::path& directory);

/// Completions as they come, taken by the test's thread.
class Inbox {
 public:
  void put(engine::Event event);
  /// Waits; nothing if nothing came for half a minute.
  [[nodiscard]] std::optional<engine::Event> take();
  /// Without waiting.
  [[nodiscard]] std::vector<engine::Event> take_all();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<engine::Event> events_;
};

/// An open storage with its inbox.
struct OpenStorage {
  std::shared_ptr<Inbox> inbox;
  Opened opened;
};
[[nodiscard]] Result<OpenStorage> open_storage(const Options& options);

/// The next event of a kind; others on the way are dropped. Aborts the process if none comes.
template <class T>
[[nodiscard]] T wait_for(Inbox& inbox) {
  for (;;) {
    auto event = inbox.take();
    if (!event) std::abort();
    if (auto* wanted = std::get_if<T>(&*event)) return std::move(*wanted);
  }
}

[[nodiscard]] raft::EntryPtr make_entry(std::uint64_t term, std::uint64_t index, std::string payload);
/// Submits one write with the given id and waits for it. This thread carries it out, or the log's own.
void write_entries(OpenStorage& storage, std::uint64_t id, std::vector<raft::EntryPtr> entries);

/// Makes the identity of a directory of today say an older format.
void say_format(const Options& options, int format);

/// Runs `body` in a child process that ends without any clean-up, as if killed, when it returns; gives its exit status. No thread
/// may run in this process.
[[nodiscard]] int run_and_die(const std::function<int()>& body);

/// Starts a dozen times on a copy of `original`, in the directory of `options`, each time killed after some milliseconds; `check`
/// sees what that left.
void kill_starts(const std::filesystem::path& original, const Options& options, std::uint64_t seed,
                 const std::function<void()>& check);

/// The table of state rows as WiredTiger has it, behind the storage's back. For processes that end with run_and_die().
struct BareRows {
  WT_CONNECTION* connection = nullptr;
  WT_CURSOR* cursor = nullptr;
};
[[nodiscard]] std::optional<BareRows> open_rows(const std::filesystem::path& database);

}  // namespace conclave::storage::test
