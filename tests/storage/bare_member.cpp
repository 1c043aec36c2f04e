#include "bare_member.hpp"

#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "conclave/base/crc32c.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "identity.hpp"

namespace conclave::storage::test {
namespace {

NullLogSink null_log;

}  // namespace

Options small_options(const std::filesystem::path& directory) {
  Options options;
  options.directory = directory;
  options.owner = {MemberId(1), "n1", ClusterId(7), "token"};
  options.bootstrap.voters = {MemberId(1)};
  options.bootstrap.members = {{MemberId(1), Incarnation(), "n1", "a:1", "b:1"}};
  options.cache_bytes = 32 << 20;
  options.log_file_bytes = 1 << 20;
  options.chunk_bytes = 4096;
  options.dirty_bytes_max = 32 << 10;
  options.disk.soft_bytes = options.disk.hard_bytes = 0;
  return options;
}

void Inbox::put(engine::Event event) {
  {
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
  }
  wake_.notify_one();
}

std::optional<engine::Event> Inbox::take() {
  std::unique_lock lock(mutex_);
  if (!wake_.wait_for(lock, std::chrono::seconds(30), [this] { return !events_.empty(); })) return std::nullopt;
  engine::Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::vector<engine::Event> Inbox::take_all() {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::Event> events;
  for (auto& event : events_) events.push_back(std::move(event));
  events_.clear();
  return events;
}

Result<OpenStorage> open_storage(const Options& options) {
  auto inbox = std::make_shared<Inbox>();
  auto opened = Storage::open(options, null_log, [inbox](engine::Event event) { inbox->put(std::move(event)); });
  if (!opened.has_value()) return fail(opened.error());
  return OpenStorage{std::move(inbox), std::move(*opened)};
}

raft::EntryPtr make_entry(std::uint64_t term, std::uint64_t index, std::string payload) {
  return std::make_shared<raft::Entry>(raft::Entry{{Term(term), Index(index)}, Bytes(std::move(payload))});
}

void write_entries(OpenStorage& storage, std::uint64_t id, std::vector<raft::EntryPtr> entries) {
  raft::Write write;
  write.id = raft::WriteId(id);
  write.entries = std::move(entries);
  storage.opened.storage->log().submit(std::move(write));
  if (storage.opened.storage->claim_log(true)) storage.opened.storage->write_log();
  while (wait_for<engine::LogDurable>(*storage.inbox).id < raft::WriteId(id)) {
  }
}

void say_format(const Options& options, int format) {
  const auto path = options.directory / "IDENTITY";
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text = text.substr(0, text.rfind("crc32c "));
  const std::string today = "format " + std::to_string(directory_format);
  text.replace(text.find(today), today.size(), "format " + std::to_string(format));
  text += "crc32c " + std::to_string(crc32c(text)) + "\n";
  std::ofstream(path, std::ios::trunc) << text;
}

int run_and_die(const std::function<int()>& body) {
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void kill_starts(const std::filesystem::path& original, const Options& options, std::uint64_t seed,
                 const std::function<void()>& check) {
  Prng prng(seed);
  for (int round = 0; round < 12; ++round) {
    std::filesystem::remove_all(options.directory);
    std::filesystem::copy(original, options.directory, std::filesystem::copy_options::recursive);
    const auto microseconds = static_cast<::suseconds_t>(1 + prng.below(60'000));
    INFO("killed after " << microseconds << " us");
    static_cast<void>(run_and_die([&] {
      const ::itimerval timer{{0, 0}, {0, microseconds}};
      if (::setitimer(ITIMER_REAL, &timer, nullptr) != 0) return 1;
      const auto storage = open_storage(options);
      ::_exit(storage.has_value() ? 0 : 2);
    }));
    check();
  }
}

std::optional<BareRows> open_rows(const std::filesystem::path& database) {
  BareRows rows;
  WT_SESSION* session = nullptr;
  if (::wiredtiger_open(database.c_str(), nullptr, "", &rows.connection) != 0) return std::nullopt;
  if (rows.connection->open_session(rows.connection, nullptr, nullptr, &session) != 0) return std::nullopt;
  if (session->open_cursor(session, "table:state_1", nullptr, nullptr, &rows.cursor) != 0) return std::nullopt;
  return rows;
}

}  // namespace conclave::storage::test
