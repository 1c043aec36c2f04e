#include "runs.hpp"

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "generation_files.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint32_t list_format = 1;
constexpr std::size_t list_head_bytes = 4;
constexpr std::size_t item_bytes = 32;

/// Smaller runs are merged as if they were so large: reading them is not worth another file.
constexpr std::uint64_t small_run_bytes = std::uint64_t{256} << 10;

/// Runs may take so many times what counts of them: they take more when much was made smaller or removed.
constexpr std::uint64_t bytes_factor = 4;
constexpr std::uint64_t old_bytes_min = std::uint64_t{16} << 20;

/// A merge is not worth a full disk: so much is left beside what it may write.
constexpr std::uint64_t room_bytes = std::uint64_t{256} << 20;

std::string encode(const std::vector<std::shared_ptr<const Run>>& runs) {
  std::string out;
  put_little_endian(out, list_format);
  for (const auto& run : runs) {
    const auto& info = run->info();
    put_little_endian(out, info.number);
    put_little_endian(out, info.bytes);
    put_little_endian(out, info.index_offset);
    put_little_endian(out, info.index_bytes);
    put_little_endian(out, info.index_checksum);
  }
  return out;
}

Result<std::vector<RunInfo>> decode(ByteView list) {
  if (list.size() < list_head_bytes || (list.size() - list_head_bytes) % item_bytes != 0) {
    return fail(Errc::corruption, "a list of runs that is none, in the state's table");
  }
  if (const auto format = get_little_endian<std::uint32_t>(list, 0); format != list_format) {
    return fail(Errc::version_mismatch, "a list of runs of format " + std::to_string(format) + ", in the state's table");
  }
  std::vector<RunInfo> infos;
  for (list.remove_prefix(list_head_bytes); !list.empty(); list.remove_prefix(item_bytes)) {
    infos.push_back({get_little_endian<std::uint64_t>(list, 0), get_little_endian<std::uint64_t>(list, 8),
                     get_little_endian<std::uint64_t>(list, 16), get_little_endian<std::uint32_t>(list, 24),
                     get_little_endian<std::uint32_t>(list, 28)});
  }
  return infos;
}

}  // namespace

Result<Runs> Runs::open(std::filesystem::path directory, std::uint64_t generation, std::optional<ByteView> list) {
  Runs runs;
  runs.directory_ = std::move(directory);
  runs.generation_ = generation;
  if (auto done = make_generation_directory(runs.directory_); !done.has_value()) return fail(done.error());
  if (list) {
    if (auto done = runs.read(*list); !done.has_value()) return fail(done.error());
  }
  if (auto done = runs.find_unknown(); !done.has_value()) return fail(done.error());
  return runs;
}

std::filesystem::path Runs::path_of(std::uint64_t number) const { return generation_file(directory_, generation_, number); }

Result<void> Runs::read(ByteView list) {
  const auto infos = decode(list);
  if (!infos.has_value()) return fail(infos.error());
  for (const auto& info : *infos) {
    auto run = Run::open(path_of(info.number), info);
    if (!run.has_value()) return fail(run.error());
    runs_.push_back(std::move(*run));
  }
  return {};
}

/// Crash argument: the table's list is as of the checkpoint that the crash returned to. Files that it does not name were written
/// after that checkpoint, or merged before it. That checkpoint itself may be in memory only, after the death of a process, so the
/// files go after the next one.
Result<void> Runs::find_unknown() {
  const auto numbers = generation_numbers(directory_, generation_);
  if (!numbers.has_value()) return fail(numbers.error());
  for (const auto number : *numbers) {
    next_number_ = std::max(next_number_, number + 1);
    const bool known = std::any_of(runs_.begin(), runs_.end(), [&](const auto& run) { return run->info().number == number; });
    if (!known) merged_.push_back(number);
  }
  return {};
}

Result<RunWriter> Runs::begin_run() {
  const auto number = next_number_++;
  return RunWriter::begin(path_of(number), number);
}

Result<void> Runs::add(ByteView key, std::optional<ByteView> value) {
  if (out_ && key <= out_->last_key()) {
    if (auto done = end_run(); !done.has_value()) return done;
  }
  if (!out_) {
    if (runs_.empty() && !value) return {};
    auto begun = begin_run();
    if (!begun.has_value()) return fail(begun.error());
    out_ = std::move(*begun);
  }
  return out_->add(key, value);
}

Result<void> Runs::end_run() {
  if (!out_) return {};
  auto run = finish(std::move(*out_));
  out_.reset();
  if (!run.has_value()) return fail(run.error());
  runs_.push_back(std::move(*run));
  changed_ = true;
  return {};
}

Result<std::shared_ptr<const Run>> Runs::finish(RunWriter writer) {
  const auto info = writer.end();
  if (!info.has_value()) return fail(info.error());
  unflushed_.push_back(std::move(writer).take_file());
  return Run::open(path_of(info->number), *info);
}

std::optional<std::string> Runs::take_list() {
  return std::exchange(changed_, false) ? std::optional(encode(runs_)) : std::nullopt;
}

/// Crash argument: a checkpoint of the table begins after this, and names no run that was not written before.
Result<void> Runs::flush() {
  if (unflushed_.empty()) return {};
  for (const auto& file : std::exchange(unflushed_, {})) {
    if (auto done = file.sync_data(); !done.has_value()) return done;
  }
  return sync_directory(directory_);
}

/// Crash argument: the checkpoint that a crash returns to does not name them. Files that come back, or were only shortened, are
/// found at the next start. Nobody reads them: scans end before others begin, and what a merge reads is let go of when it ends.
std::vector<std::filesystem::path> Runs::take_merged() {
  std::vector<std::filesystem::path> paths;
  for (const auto number : std::exchange(merged_, {})) paths.push_back(path_of(number));
  return paths;
}

/// So many of the newest runs that each older one is larger than all that are newer than it: what is merged was at least doubled
/// since it was merged last. All of them if most of what they hold is old.
std::size_t Runs::first_to_merge(std::uint64_t data_bytes) const {
  std::size_t first = runs_.size();
  std::uint64_t newer = 0;
  std::uint64_t all = 0;
  for (std::size_t i = runs_.size(); i-- > 0;) {
    const auto bytes = std::max(runs_[i]->info().bytes, small_run_bytes);
    if (i + 1 == first && (newer == 0 || bytes <= newer)) {
      newer += bytes;
      first = i;
    }
    all += bytes;
  }
  return all > old_bytes_min && all / bytes_factor > data_bytes ? 0 : first;
}

bool Runs::has_room(std::size_t first) const {
  std::uint64_t bytes = room_bytes;
  for (std::size_t i = first; i < runs_.size(); ++i) bytes += runs_[i]->info().bytes;
  std::error_code code;
  const auto space = std::filesystem::space(directory_, code);
  return !code && space.available >= bytes;
}

Result<bool> Runs::begin_merge(std::uint64_t data_bytes) {
  const auto first = first_to_merge(data_bytes);
  if (runs_.size() - first < 2 || !has_room(first)) return false;
  const auto inputs = std::span(runs_).subspan(first);
  merge_.emplace(Merge{MergeCursor(inputs), false, first, inputs.size(), std::nullopt});
  const auto there = merge_->rows.seek({});
  if (!there.has_value()) return there;
  merge_->there = *there;
  return true;
}

Result<bool> Runs::merge(std::size_t bytes, std::uint64_t data_bytes) {
  if (!merge_) {
    if (const auto begun = begin_merge(data_bytes); !begun.has_value() || !*begun) return begun;
  }
  const auto until = merge_->rows.passed() + bytes;
  while (merge_->there && merge_->rows.passed() < until) {
    if (auto done = merge_row(); !done.has_value()) return fail(done.error());
  }
  if (merge_->there) return true;
  if (auto done = end_merge(); !done.has_value()) return fail(done.error());
  return true;
}

/// Nothing is older than the first run: what is gone there is gone.
Result<void> Runs::merge_row() {
  const auto value = merge_->rows.value();
  if (value || merge_->first != 0) {
    if (!merge_->out) {
      auto begun = begin_run();
      if (!begun.has_value()) return fail(begun.error());
      merge_->out = std::move(*begun);
    }
    if (auto added = merge_->out->add(merge_->rows.key(), value); !added.has_value()) return added;
  }
  const auto there = merge_->rows.next();
  if (!there.has_value()) return fail(there.error());
  merge_->there = *there;
  return {};
}

Result<void> Runs::end_merge() {
  auto merge = std::move(*merge_);
  merge_.reset();
  const auto first = runs_.begin() + static_cast<std::ptrdiff_t>(merge.first);
  const auto last = first + static_cast<std::ptrdiff_t>(merge.count);
  for (auto run = first; run != last; ++run) merged_.push_back((*run)->info().number);
  const auto place = runs_.erase(first, last);
  changed_ = true;
  if (!merge.out) return {};
  auto run = finish(std::move(*merge.out));
  if (!run.has_value()) return fail(run.error());
  runs_.insert(place, std::move(*run));
  return {};
}

Result<Runs::Scanned> Runs::scan(ByteView from, std::uint64_t bytes_max, const Visit& visit) const {
  MergeCursor rows(runs_);
  auto there = rows.seek(from);
  for (; there.has_value() && *there; there = rows.next()) {
    if (rows.passed() >= bytes_max) return Scanned{false, std::string(rows.key())};
    const auto value = rows.value();
    if (!value) continue;
    const auto more = visit(rows.key(), *value);
    if (!more.has_value()) return fail(more.error());
    if (!*more) return Scanned{true, std::nullopt};
  }
  if (!there.has_value()) return fail(there.error());
  return Scanned{};
}

}  // namespace conclave::storage
