#include "wt_handle.hpp"

#include <cerrno>
#include <utility>

#include "conclave/base/assert.hpp"

namespace conclave::storage {

Error wt_error(int code, std::string_view what) {
  // WT_ERROR has no cause of its own; WiredTiger returns it, and WT_PANIC, when a block or a log record does not verify.
  const bool damaged = code == WT_TRY_SALVAGE || code == WT_ERROR || code == WT_PANIC;
  std::string text(what);
  text.append(": ").append(wiredtiger_strerror(code));
  return Error{damaged ? Errc::corruption : Errc::io_error, std::move(text)};
}

Result<void> wt_check(int code, std::string_view what) {
  if (code == 0) return {};
  return fail(wt_error(code, what));
}

// --- WtCursor
// -----------------------------------------------------------------------------------------------------------------------

WtCursor::~WtCursor() {
  if (cursor_ != nullptr) cursor_->close(cursor_);
}

WtCursor& WtCursor::operator=(WtCursor&& other) noexcept {
  std::swap(cursor_, other.cursor_);
  return *this;
}

void WtCursor::set_key(std::uint64_t key) { cursor_->set_key(cursor_, key); }

void WtCursor::set_key(ByteView key) {
  key_ = WT_ITEM{};
  key_.data = key.data();
  key_.size = key.size();
  cursor_->set_key(cursor_, &key_);
}

std::uint64_t WtCursor::number_key() const {
  std::uint64_t key = 0;
  CONCLAVE_ASSERT(cursor_->get_key(cursor_, &key) == 0);
  return key;
}

ByteView WtCursor::text_key() const {
  WT_ITEM item{};
  CONCLAVE_ASSERT(cursor_->get_key(cursor_, &item) == 0);
  return ByteView(static_cast<const char*>(item.data), item.size);
}

ByteView WtCursor::value() const {
  WT_ITEM item{};
  CONCLAVE_ASSERT(cursor_->get_value(cursor_, &item) == 0);
  return ByteView(static_cast<const char*>(item.data), item.size);
}

int WtCursor::put(ByteView value) {
  WT_ITEM item{};
  item.data = value.data();
  item.size = value.size();
  cursor_->set_value(cursor_, &item);
  return cursor_->insert(cursor_);  // cursors are opened with overwrite
}

int WtCursor::remove() {
  const int code = cursor_->remove(cursor_);
  return code == WT_NOTFOUND ? 0 : code;
}

namespace {

Result<bool> found(int code) {
  if (code == 0) return true;
  if (code == WT_NOTFOUND) return false;
  return fail(wt_error(code, "reading a table"));
}

}  // namespace

Result<bool> WtCursor::search() { return found(cursor_->search(cursor_)); }

Result<bool> WtCursor::seek() {
  int where = 0;
  const int code = cursor_->search_near(cursor_, &where);
  if (code != 0 || where >= 0) return found(code);
  return next();
}

Result<bool> WtCursor::seek_back() {
  int where = 0;
  const int code = cursor_->search_near(cursor_, &where);
  if (code != 0 || where <= 0) return found(code);
  return previous();
}

Result<bool> WtCursor::next() { return found(cursor_->next(cursor_)); }
Result<bool> WtCursor::previous() { return found(cursor_->prev(cursor_)); }

void WtCursor::reset() { static_cast<void>(cursor_->reset(cursor_)); }

// --- WtSession
// ----------------------------------------------------------------------------------------------------------------------

WtSession::~WtSession() {
  if (session_ != nullptr) session_->close(session_, nullptr);
}

WtSession& WtSession::operator=(WtSession&& other) noexcept {
  std::swap(session_, other.session_);
  return *this;
}

Result<WtCursor> WtSession::open(const std::string& uri) {
  WT_CURSOR* cursor = nullptr;
  if (auto done = wt_check(session_->open_cursor(session_, uri.c_str(), nullptr, "overwrite=true", &cursor), "opening " + uri);
      !done.has_value()) {
    return fail(done.error());
  }
  return WtCursor(cursor);
}

Result<void> WtSession::create(const std::string& uri, const std::string& config) {
  return wt_check(session_->create(session_, uri.c_str(), config.c_str()), "creating " + uri);
}

Result<void> WtSession::alter(const std::string& uri, const std::string& config) {
  return wt_check(session_->alter(session_, uri.c_str(), config.c_str()), "changing the settings of " + uri);
}

Result<void> WtSession::drop(const std::string& uri) {
  return wt_check(session_->drop(session_, uri.c_str(), "force=true"), "dropping " + uri);
}

int WtSession::begin() { return session_->begin_transaction(session_, "isolation=snapshot"); }
int WtSession::commit() { return session_->commit_transaction(session_, nullptr); }
void WtSession::rollback() { static_cast<void>(session_->rollback_transaction(session_, nullptr)); }

int WtSession::truncate(WT_CURSOR* first, WT_CURSOR* last) {
  const int code = session_->truncate(session_, nullptr, first, last, nullptr);
  return code == WT_NOTFOUND ? 0 : code;
}

Result<void> WtSession::checkpoint() { return wt_check(session_->checkpoint(session_, nullptr), "writing a checkpoint"); }

int WtTransaction::commit() {
  if (code_ != 0 || !open_) return code_;
  open_ = false;  // WiredTiger ends the transaction whether the commit succeeds or not
  return session_.commit();
}

// --- WtConnection
// -------------------------------------------------------------------------------------------------------------------

struct WtConnection::Handler : WT_EVENT_HANDLER {
  explicit Handler(LogSink& sink) : WT_EVENT_HANDLER{}, log(&sink) {
    handle_error = [](WT_EVENT_HANDLER* self, WT_SESSION*, int code, const char* message) {
      auto& handler = *static_cast<Handler*>(self);
      const std::scoped_lock lock(handler.mutex);
      if (handler.first_error.empty()) handler.first_error = message;
      if (handler.log != nullptr) handler.log->error("storage engine error", {{"code", code}, {"message", message}});
      return 0;
    };
    handle_message = [](WT_EVENT_HANDLER* self, WT_SESSION*, const char* message) {
      auto& handler = *static_cast<Handler*>(self);
      const std::scoped_lock lock(handler.mutex);
      if (handler.log != nullptr) handler.log->info("storage engine message", {{"message", message}});
      return 0;
    };
    handle_progress = [](WT_EVENT_HANDLER*, WT_SESSION*, const char*, std::uint64_t) { return 0; };
    handle_close = nullptr;
  }
  std::mutex mutex;
  LogSink* log;             // null once nobody listens any more
  std::string first_error;  // what WiredTiger said first says more than the code it returns last
};

Result<std::unique_ptr<WtConnection>> WtConnection::open(const std::filesystem::path& directory, const std::string& config,
                                                         LogSink& log) {
  auto handler = std::make_unique<Handler>(log);
  WT_CONNECTION* connection = nullptr;
  const int code = wiredtiger_open(directory.c_str(), handler.get(), config.c_str(), &connection);
  if (code != 0) {
    const auto text = "opening the database in " + directory.string();
    return fail(wt_error(code, handler->first_error.empty() ? text : text + " (" + handler->first_error + ")"));
  }
  auto self = std::unique_ptr<WtConnection>(new WtConnection(directory));
  self->connection_ = connection;
  self->handler_ = handler.release();
  return self;
}

WtConnection::~WtConnection() {
  if (handler_ == nullptr) return;
  // WiredTiger's own threads live on and keep the handler; what they say may not reach a sink that is gone.
  const std::scoped_lock lock(handler_->mutex);
  handler_->log = nullptr;
}

Result<WtSession> WtConnection::session() {
  WT_SESSION* session = nullptr;
  if (auto done = wt_check(connection_->open_session(connection_, nullptr, nullptr, &session), "opening a session");
      !done.has_value()) {
    return fail(done.error());
  }
  return WtSession(session);
}

Result<void> WtConnection::close() {
  const int code = connection_->close(connection_, nullptr);
  connection_ = nullptr;
  const std::unique_ptr<Handler> handler(std::exchange(handler_, nullptr));
  return wt_check(code, "closing the database");
}

}  // namespace conclave::storage
