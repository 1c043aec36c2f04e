#include "conclave/storage/storage.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "completions.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "cut_limit.hpp"
#include "disk_watch.hpp"
#include "durable_mark.hpp"
#include "file_log_store.hpp"
#include "identity.hpp"
#include "install_slot.hpp"
#include "legacy_log.hpp"
#include "log_writer.hpp"
#include "machine_loader.hpp"
#include "state_thread.hpp"
#include "upgrade.hpp"
#include "wt_snapshot_store.hpp"
#include "wt_state_store.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t keep_log_bytes = 8 << 20;  // of entries that the state already holds: for followers that are a little behind

std::string config_of(const Options& options) {
  return "create,config_base=false,use_environment=false,mmap=false,statistics=(none),session_max=64"
         ",cache_size=" +
         std::to_string(options.cache_bytes) +
         ",log=(enabled=false),transaction_sync=(enabled=false,method=fsync),checkpoint=(wait=0,log_size=0)";
}

/// The directories and the connection, before anything is read.
struct Ground {
  DataDirectory directory;
  DurableMark mark;
  std::unique_ptr<SegmentDirectory> segments;
  std::unique_ptr<WtConnection> connection;
};

/// Crash argument: images and receipts live as long as a process; the directory of them is emptied, not trusted.
Result<void> empty_directory(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  if (code) return fail(Errc::io_error, "emptying " + path.string() + ": " + code.message());
  return make_directory(path);
}

/// Crash argument: a database that WiredTiger was making when the process died may not open again. So it is made beside its place,
/// with its tables and the bootstrap membership, closed, and renamed: there is none, or a whole one.
Result<void> create_database(const std::filesystem::path& root, const Options& options, LogSink& log) {
  const auto beside = root / "db.new";
  if (auto done = empty_directory(beside); !done.has_value()) return done;
  auto connection = WtConnection::open(beside, config_of(options), log);
  if (!connection.has_value()) return fail(connection.error());
  if (auto done = (*connection)->close(); !done.has_value()) return done;
  std::error_code code;
  std::filesystem::rename(beside, root / "db", code);
  if (code) return fail(Errc::io_error, "renaming " + beside.string() + ": " + code.message());
  return sync_directory(root);
}

/// What is missing is made, unless something was acknowledged that it held.
Result<void> make_missing(const std::filesystem::path& root, const DurableMark& mark, const Options& options, LogSink& log) {
  for (const std::string name : {"db", "log"}) {
    std::error_code code;
    if (std::filesystem::exists(root / name, code)) continue;
    if (mark.sequence() != 0) {
      return fail(Errc::corruption,
                  std::to_string(mark.sequence()) + " log writes were acknowledged, but there is no " + (root / name).string());
    }
    auto done = name == "db" ? create_database(root, options, log)
                             : create_log(root, options.log_file_bytes, {Head{}, {{}, options.bootstrap, 0}, {}});
    if (!done.has_value()) return done;
  }
  return {};
}

/// WiredTiger's threads take over what the system knows of the thread that opens the connection.
Result<std::unique_ptr<WtConnection>> open_database(const std::filesystem::path& path, const Options& options, LogSink& log) {
  std::optional<Result<std::unique_ptr<WtConnection>>> opened;
  std::thread([&] {
    if (options.on_background_thread) options.on_background_thread();
    opened = WtConnection::open(path, config_of(options), log);
  }).join();
  return std::move(*opened);
}

Result<Ground> open_ground(const Options& options, LogSink& log) {
  auto directory = open_directory(options.directory, options.owner);
  if (!directory.has_value()) return fail(directory.error());
  auto mark = DurableMark::open(directory->root);
  if (!mark.has_value()) return fail(mark.error());
  if (auto done = upgrade_directory(*directory, *mark, options, log); !done.has_value()) return fail(done.error());
  if (auto done = empty_directory(directory->root / "snapshots"); !done.has_value()) return fail(done.error());
  if (auto done = make_missing(directory->root, *mark, options, log); !done.has_value()) return fail(done.error());
  const auto database = directory->root / "db";
  auto connection = open_database(database, options, log);
  if (!connection.has_value()) return fail(connection.error());
  if (auto done = remove_legacy_files(database); !done.has_value()) return fail(done.error());
  auto segments = std::make_unique<SegmentDirectory>(directory->root / "log", options.log_file_bytes);
  return Ground{std::move(*directory), std::move(*mark), std::move(segments), std::move(*connection)};
}

/// What is read from log and database, and the handles to go on with.
struct Found {
  RecoveredLog log;
  std::unique_ptr<LogIndex> index = std::make_unique<LogIndex>();
  std::optional<StateTable> table;
  std::unique_ptr<mvcc::Machine> machine;
  mvcc::MetaRow meta;
  std::uint64_t next_generation = 0;
};

/// Tables of other generations are of snapshots that were received and not installed, or of the state before an installed one.
Result<std::uint64_t> drop_other_generations(WtConnection& connection, WtSession& session, std::uint64_t current) {
  const auto generations = state_generations(session);
  if (!generations.has_value()) return fail(generations.error());
  std::uint64_t next = current + 1;
  bool has_current = false;
  for (const auto generation : *generations) {
    next = std::max(next, generation + 1);
    has_current = has_current || generation == current;
    if (generation == current) continue;
    if (auto done = drop_state_table(connection, session, generation); !done.has_value()) return fail(done.error());
  }
  if (!has_current && current != 1) {
    return fail(Errc::corruption, "table state_" + std::to_string(current) + ", which the log names as the state, is missing");
  }
  if (auto done = keep_state_files(connection, current); !done.has_value()) return fail(done.error());
  return next;
}

Result<void> check_mark(const DurableMark& mark, const Head& head) {
  if (head.sequence >= mark.sequence()) return {};
  return fail(Errc::corruption, "the log: " + std::to_string(mark.sequence()) + " writes were acknowledged, " +
                                    std::to_string(head.sequence) + " are left: the end of the log is lost");
}

/// The order matters: the head tells what the rest must be.
Result<Found> read_all(const Options& options, Ground& ground) {
  auto& connection = *ground.connection;
  auto session = connection.session();
  if (!session.has_value()) return fail(session.error());
  const auto head = read_head(*ground.segments);
  if (!head.has_value()) return fail(head.error());
  if (auto done = check_mark(ground.mark, *head); !done.has_value()) return fail(done.error());
  for (const auto& uri : {log_uri, log_meta_uri}) {
    if (auto done = session->drop(uri); !done.has_value()) return fail(done.error());
  }

  Found found;
  const auto next = drop_other_generations(connection, *session, head->generation);
  if (!next.has_value()) return fail(next.error());
  found.next_generation = *next;
  auto table = StateTable::open(connection, head->generation);
  if (!table.has_value()) return fail(table.error());
  auto machine = load_machine(*table, options.machine);
  if (!machine.has_value()) return fail(machine.error());
  found.table = std::move(*table);
  found.machine = std::move(*machine);
  found.meta = found.machine->meta();

  auto log = recover_log(*ground.segments, *found.index, found.meta.applied, keep_log_bytes);
  if (!log.has_value()) return fail(log.error());
  if (log->head.last.index < found.meta.applied) {
    return fail(Errc::corruption, "the log: ends at index " + to_string(log->head.last.index) + ", but the state is at " +
                                      to_string(found.meta.applied));
  }
  found.log = std::move(*log);
  if (auto done = session->checkpoint(); !done.has_value()) return fail(done.error());
  found.table->checkpointed();
  for (Result<bool> more = true; more.has_value() && *more;) {
    more = found.table->remove_some();
    if (!more.has_value()) return fail(more.error());
  }
  return found;
}

/// The greatest cluster time in state and log. A batch that does not decode is not judged here: it may never be committed.
raft::Stamp newest_stamp(const Found& found) {
  auto newest = found.meta.stamp;
  for (const auto& entry : found.log.entries) {
    const auto* payload = std::get_if<Bytes>(&entry->body);
    if (payload == nullptr || entry->id.index <= found.meta.applied) continue;
    if (const auto stamp = codec::stamp_of(*payload)) newest = std::max(newest, *stamp);
  }
  return raft::Stamp(static_cast<std::uint64_t>(to_millis(newest)));
}

engine::Recovered recovered_of(Found& found) {
  engine::Recovered recovered;
  recovered.raft.hard_state = found.log.head.hard_state;
  recovered.raft.snapshot = found.log.base;
  recovered.raft.membership = found.log.base ? found.log.base->membership : found.log.memberships.at(Index(0));
  recovered.raft.stamp = newest_stamp(found);
  recovered.raft.entries = std::move(found.log.entries);
  recovered.raft.applied = found.meta.applied;
  recovered.machine = std::move(found.machine);
  return recovered;
}

}  // namespace

struct Storage::Parts {
  Parts(Ground opened, LogSink& sink_log, Storage::Sink sink)
      : ground(std::move(opened)), completions(std::move(sink), sink_log), thread(completions) {}

  Ground ground;
  Completions completions;
  InstallSlot slot;
  CutLimit cut_limit;
  std::unique_ptr<LogIndex> index;
  StateThread thread;
  std::optional<WtStateStore> state;
  std::optional<WtSnapshotStore> snapshots;
  std::optional<DiskWatch> disk;
  std::unique_ptr<FileLogStore> log;

  Result<void> build(const Options& options, Found& found, LogSink& log_sink);
  Result<void> tick();
};

Result<void> Storage::Parts::build(const Options& options, Found& found, LogSink& log_sink) {
  auto& connection = *ground.connection;
  // What is reported as recovered counts as acknowledged.
  if (auto done = ground.mark.advance(found.log.head.sequence); !done.has_value()) return done;
  if (auto done = ground.mark.sync(); !done.has_value()) return done;

  cut_limit.raise(found.meta.applied);
  auto memberships = found.log.memberships;
  memberships.truncate(found.meta.applied.next());  // later ones are not known to be committed; the engine tells them again
  memberships.forget_before(found.meta.applied);
  state.emplace(WtStateStore::Parts{StateWriter(std::move(*found.table), found.meta, options.chunk_bytes), ground.directory.root,
                                    options.dirty_bytes_max, options.chunk_bytes},
                cut_limit, thread, completions);
  snapshots.emplace(WtSnapshotStore::Parts{ground.directory.root / "snapshots", options.machine, options.chunk_bytes,
                                           found.next_generation, std::move(memberships)},
                    connection, *state, slot, thread, completions, log_sink);
  disk.emplace(ground.directory.root, options.disk);
  index = std::move(found.index);
  auto writer = LogWriter::open({*ground.segments, *index, ground.mark, slot, cut_limit}, found.log);
  if (!writer.has_value()) return fail(writer.error());
  thread.start(options.on_background_thread, [this] { return tick(); });
  log = std::make_unique<FileLogStore>(std::move(*writer), *ground.segments, *index, completions, options);
  if (found.log.base) log->cut(found.log.base->last);
  return {};
}

Result<void> Storage::Parts::tick() {
  const auto space = disk->look();
  if (!space.has_value()) return fail(space.error());
  if (*space) completions.report(**space);
  return ground.mark.sync();
}

Result<Opened> Storage::open(Options options, LogSink& log, Sink sink) {
  auto ground = open_ground(options, log);
  if (!ground.has_value()) return fail(ground.error());
  auto found = read_all(options, *ground);
  if (!found.has_value()) {
    static_cast<void>(ground->connection->close());  // nothing was changed that a checkpoint could make worse
    return fail(found.error());
  }
  const auto incarnation = ground->directory.identity.incarnation;
  const bool fresh = found->log.head.sequence == 0;
  auto parts = std::make_unique<Parts>(std::move(*ground), log, std::move(sink));
  if (auto done = parts->build(options, *found, log); !done.has_value()) return fail(done.error());
  return Opened{std::unique_ptr<Storage>(new Storage(std::move(parts))), recovered_of(*found), incarnation, fresh};
}

Storage::Storage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Storage::~Storage() {
  parts_->log.reset();
  auto& state = *parts_->state;
  parts_->thread.stop([&state] { return state.finish(); });
  parts_->snapshots.reset();
  parts_->state.reset();
  if (!parts_->completions.failed()) static_cast<void>(parts_->ground.connection->close());
}

engine::LogStore& Storage::log() { return *parts_->log; }
engine::StateStore& Storage::state() { return *parts_->state; }
engine::SnapshotStore& Storage::snapshots() { return *parts_->snapshots; }
bool Storage::claim_log(bool has_time) { return parts_->log->claim(has_time); }
void Storage::write_log() { parts_->log->write_claimed(); }

}  // namespace conclave::storage
