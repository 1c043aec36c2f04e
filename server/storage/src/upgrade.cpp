#include "upgrade.hpp"

#include <string>
#include <system_error>

#include "legacy_log.hpp"
#include "log_recovery.hpp"
#include "state_table.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t keep_bytes = std::size_t{64} << 20;  // of entries that the state already holds

constexpr auto logged_config =
    "config_base=false,use_environment=false,mmap=false,statistics=(none),session_max=64,log=(enabled=true,archive=true,recover=on)"
    ",transaction_sync=(enabled=false,method=fsync),checkpoint=(wait=0,log_size=0)";

Result<LegacyLog> read_old(WtConnection& connection, const DurableMark& mark) {
  auto session = connection.session();
  if (!session.has_value()) return fail(session.error());
  const auto head = read_legacy_head(*session);
  if (!head.has_value()) return fail(head.error());
  if (head->sequence < mark.sequence()) {
    return fail(Errc::corruption, "table raft_log: " + std::to_string(mark.sequence()) + " writes were acknowledged, " +
                                      std::to_string(head->sequence) + " are left: the end of the log is lost");
  }
  auto table = StateTable::open(connection, head->generation);
  if (!table.has_value()) return fail(table.error());
  const auto meta = table->meta();
  if (!meta.has_value()) return fail(meta.error());
  return read_legacy_log(*session, *meta ? (*meta)->applied : Index(0), keep_bytes);
}

Result<void> write_new(const std::filesystem::path& root, const Options& options, const LegacyLog& old) {
  LogStart start;
  start.head = old.head;
  start.base = old.base ? *old.base : raft::SnapshotMeta{{}, old.memberships.at(Index(0)), 0};
  start.head.last = start.base.last;
  start.head.checksum = 0;
  start.entries = old.entries;
  std::error_code code;
  std::filesystem::remove_all(root / "log", code);  // of an upgrade that a crash interrupted before the format was raised
  if (code) return fail(Errc::io_error, "emptying " + (root / "log").string() + ": " + code.message());
  return create_log(root, options.log_file_bytes, start);
}

Result<void> convert(const std::filesystem::path& root, const DurableMark& mark, const Options& options, LogSink& log) {
  auto connection = WtConnection::open(root / "db", logged_config, log);
  if (!connection.has_value()) return fail(connection.error());
  const auto old = read_old(**connection, mark);
  if (!old.has_value()) {
    static_cast<void>((*connection)->close());  // nothing was changed that a checkpoint could make worse
    return fail(old.error());
  }
  // In order: a database that was closed so can be opened without its log.
  if (auto done = (*connection)->close(); !done.has_value()) return done;
  if (auto done = write_new(root, options, *old); !done.has_value()) return done;
  log.info("the log was moved out of the database", {{"entries", static_cast<std::int64_t>(old->entries.size())}});
  return {};
}

}  // namespace

Result<void> upgrade_directory(DataDirectory& directory, const DurableMark& mark, const Options& options, LogSink& log) {
  if (directory.identity.format >= directory_format) return {};
  std::error_code code;
  if (directory.identity.format < 2 && std::filesystem::exists(directory.root / "db", code)) {
    if (auto done = convert(directory.root, mark, options, log); !done.has_value()) return done;
  }
  directory.identity.format = directory_format;
  return write_file_atomically(directory.root / "IDENTITY", encode(directory.identity));
}

Result<void> remove_legacy_files(const std::filesystem::path& database) {
  std::error_code code;
  for (std::filesystem::directory_iterator it(database, code), end; !code && it != end; it.increment(code)) {
    const auto name = it->path().filename().string();
    if (!name.starts_with("WiredTigerLog.") && !name.starts_with("WiredTigerPreplog.")) continue;
    if (auto done = remove_file(it->path()); !done.has_value()) return done;
  }
  if (code) return fail(Errc::io_error, "listing " + database.string() + ": " + code.message());
  return {};
}

}  // namespace conclave::storage
