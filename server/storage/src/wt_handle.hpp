#pragma once

#include <wiredtiger.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "conclave/base/bytes.hpp"
#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"

/// WiredTiger's C handles as values that close themselves, and its error numbers as Error. Only this layer includes wiredtiger.h.
namespace conclave::storage {

/// The error for a WiredTiger return code (not zero). Damage found by WiredTiger is Errc::corruption, everything else io_error.
[[nodiscard]] Error wt_error(int code, std::string_view what);
/// Success for zero, otherwise wt_error().
[[nodiscard]] Result<void> wt_check(int code, std::string_view what);

/// What a cursor's key looks like; a table has one kind for all its rows.
enum class KeyKind : std::uint8_t {
  number,  ///< key_format=Q
  text,    ///< key_format=u
};

/// A cursor over one table. Views it returns live until the next call on it. One thread, as its session.
class WtCursor {
 public:
  WtCursor() = default;
  explicit WtCursor(WT_CURSOR* cursor) : cursor_(cursor) {}
  ~WtCursor();
  WtCursor(WtCursor&& other) noexcept : cursor_(std::exchange(other.cursor_, nullptr)) {}
  WtCursor& operator=(WtCursor&& other) noexcept;

  void set_key(std::uint64_t key);
  void set_key(ByteView key);
  [[nodiscard]] std::uint64_t number_key() const;
  [[nodiscard]] ByteView text_key() const;
  [[nodiscard]] ByteView value() const;

  /// Stores a value under the key that was set; replaces an older one. Returns WiredTiger's code.
  [[nodiscard]] int put(ByteView value);
  /// Removes the key that was set; a missing one is no error.
  [[nodiscard]] int remove();
  /// False: not there.
  [[nodiscard]] Result<bool> search();
  /// Positions at the first key at or after the one that was set. False: there is none.
  [[nodiscard]] Result<bool> seek();
  /// Positions at the last key at or before the one that was set. False: there is none.
  [[nodiscard]] Result<bool> seek_back();
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] Result<bool> previous();
  /// Gives up the position, and with it what the cursor pins.
  void reset();
  [[nodiscard]] WT_CURSOR* raw() const { return cursor_; }

 private:
  WT_CURSOR* cursor_ = nullptr;
  WT_ITEM key_{};  // set_key keeps a reference: the bytes stay the caller's until the operation
};

/// A session: transactions, cursors. One thread at a time.
class WtSession {
 public:
  WtSession() = default;
  explicit WtSession(WT_SESSION* session) : session_(session) {}
  ~WtSession();
  WtSession(WtSession&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  WtSession& operator=(WtSession&& other) noexcept;

  [[nodiscard]] Result<WtCursor> open(const std::string& uri);
  [[nodiscard]] Result<void> create(const std::string& uri, const std::string& config);
  /// Changes settings of a table that is not in use.
  [[nodiscard]] Result<void> alter(const std::string& uri, const std::string& config);
  /// Removes a table that may not be there.
  [[nodiscard]] Result<void> drop(const std::string& uri);
  [[nodiscard]] int begin();
  [[nodiscard]] int commit();
  void rollback();
  /// Removes the rows between two cursors whose keys are set, both included; null means the end on that side. Needs no rows there.
  [[nodiscard]] int truncate(WT_CURSOR* first, WT_CURSOR* last);
  [[nodiscard]] Result<void> checkpoint();
  [[nodiscard]] WT_SESSION* raw() const { return session_; }

 private:
  WT_SESSION* session_ = nullptr;
};

/// A transaction that rolls back unless it was committed.
class WtTransaction {
 public:
  explicit WtTransaction(WtSession& session) : session_(session), code_(session.begin()), open_(code_ == 0) {}
  ~WtTransaction() { rollback(); }
  WtTransaction(const WtTransaction&) = delete;
  WtTransaction& operator=(const WtTransaction&) = delete;

  /// Runs one step unless an earlier one failed; the first failure is kept.
  template <class Step>
  void run(Step&& step) {
    if (code_ == 0) code_ = step();
  }
  /// Commits if every step succeeded. Returns the first failure; WT_ROLLBACK means that all of it may be tried again.
  [[nodiscard]] int commit();
  /// Ends it now, unless it has ended.
  void rollback() {
    if (std::exchange(open_, false)) session_.rollback();
  }

 private:
  WtSession& session_;
  int code_;
  bool open_;
};

/// How long a transaction is tried again. A cache stays full for as long as the disk does not take what is in it, and a disk that
/// stands still for a while must not end a member; longer than this, somebody had better be told.
constexpr std::chrono::minutes rollback_patience{10};

/// Runs `fill(transaction)` and commits, again while WiredTiger asks for it because of a conflict or a full cache, with a pause
/// that grows to ten milliseconds. Nothing of a failed attempt stays, so this repeats no flush and acknowledges nothing twice.
template <class Fill>
[[nodiscard]] Result<void> in_transaction(WtSession& session, std::string_view what, Fill&& fill) {
  constexpr std::chrono::microseconds pause_max{10'000};
  const auto deadline = std::chrono::steady_clock::now() + rollback_patience;
  for (std::chrono::microseconds pause{10};; pause = std::min(2 * pause, pause_max)) {
    WtTransaction transaction(session);
    fill(transaction);
    const int code = transaction.commit();
    if (code != WT_ROLLBACK || std::chrono::steady_clock::now() > deadline) return wt_check(code, what);
    transaction.rollback();  // what it holds would keep the cache full
    std::this_thread::sleep_for(pause);
  }
}

/// The connection: WiredTiger's open database. Thread-safe; a session is not.
class WtConnection {
 public:
  /// Opens or creates the database in `directory`. `log` outlives it and must be thread-safe.
  [[nodiscard]] static Result<std::unique_ptr<WtConnection>> open(const std::filesystem::path& directory, const std::string& config,
                                                                  LogSink& log);
  /// Abandons the connection unless close() was called: an implicit close writes a checkpoint, and a checkpoint of half-written
  /// state after a failure would be worse than none. The process is about to end then.
  ~WtConnection();
  WtConnection(const WtConnection&) = delete;
  WtConnection& operator=(const WtConnection&) = delete;

  [[nodiscard]] Result<WtSession> session();
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// All sessions are closed before. Writes a checkpoint.
  [[nodiscard]] Result<void> close();

 private:
  struct Handler;
  explicit WtConnection(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
  WT_CONNECTION* connection_ = nullptr;
  Handler* handler_ = nullptr;  // WiredTiger's threads use it as long as the connection is not closed
};

}  // namespace conclave::storage
