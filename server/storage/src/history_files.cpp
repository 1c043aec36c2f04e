#include "history_files.hpp"

#include <utility>

#include "conclave/base/assert.hpp"
#include "conclave/base/crc32c.hpp"
#include "generation_files.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

/// Where a row of history begins with its format, a small number.
constexpr std::uint64_t place_mark = 0x8000000000000001;
constexpr std::size_t place_bytes = 32;

/// The next row begins a new file when this one is so long.
constexpr std::uint64_t file_bytes = std::uint64_t{64} << 20;

}  // namespace

std::string encode(const HistoryPlace& place) {
  std::string bytes;
  bytes.reserve(place_bytes);
  put_little_endian(bytes, place_mark);
  put_little_endian(bytes, place.file);
  put_little_endian(bytes, place.offset);
  put_little_endian(bytes, place.bytes);
  put_little_endian(bytes, place.checksum);
  return bytes;
}

std::optional<HistoryPlace> place_in(ByteView value) {
  if (value.size() != place_bytes || get_little_endian<std::uint64_t>(value, 0) != place_mark) return std::nullopt;
  return HistoryPlace{get_little_endian<std::uint64_t>(value, 8), get_little_endian<std::uint64_t>(value, 16),
                      get_little_endian<std::uint32_t>(value, 24), get_little_endian<std::uint32_t>(value, 28)};
}

Result<HistoryFiles> HistoryFiles::open(std::filesystem::path directory, std::uint64_t generation,
                                        std::optional<std::uint64_t> newest) {
  HistoryFiles files;
  files.directory_ = std::move(directory);
  files.generation_ = generation;
  if (auto done = make_generation_directory(files.directory_); !done.has_value()) return fail(done.error());
  if (auto done = files.find(newest); !done.has_value()) return fail(done.error());
  return files;
}

std::filesystem::path HistoryFiles::path_of(std::uint64_t number) const { return generation_file(directory_, generation_, number); }

/// Crash argument: a file that begins behind the table's newest row holds only rows of transactions that the crash took back.
Result<void> HistoryFiles::find(std::optional<std::uint64_t> newest) {
  const auto numbers = generation_numbers(directory_, generation_);
  if (!numbers.has_value()) return fail(numbers.error());
  for (const auto number : *numbers) {
    if (newest && number <= *newest) {
      files_.push_back(number);
    } else if (auto done = remove_file(path_of(number)); !done.has_value()) {
      return done;
    }
  }
  return {};
}

HistoryPlace HistoryFiles::add(std::uint64_t key, ByteView row) {
  if (!out_.is_open() && added_.size() == 0) {
    CONCLAVE_ASSERT_MSG(files_.empty() || files_.back() < key, "rows of history that do not ascend");
    files_.push_back(key);
    end_ = 0;
  }
  const HistoryPlace place{files_.back(), end_ + added_.size(), static_cast<std::uint32_t>(row.size()), crc32c(row)};
  added_.append(row);
  return place;
}

Result<void> HistoryFiles::write() {
  if (added_.size() == 0) return {};
  if (!out_.is_open()) {
    auto fresh = File::open(path_of(files_.back()), File::Mode::create_empty);
    if (!fresh.has_value()) return fail(fresh.error());
    auto out = File::open(path_of(files_.back()), File::Mode::write_direct);
    if (!out.has_value()) return fail(out.error());
    out_ = std::move(*out);
    begun_ = true;
  }
  const auto bytes = added_.blocks();
  if (auto done = out_.write_at(end_, bytes); !done.has_value()) return done;
  end_ += bytes.size();
  written_ = true;
  added_.clear();
  return end_ < file_bytes ? Result<void>() : end_file();
}

Result<void> HistoryFiles::end_file() {
  if (auto done = out_.sync_data(); !done.has_value()) return done;
  out_ = File();
  written_ = false;
  return {};
}

/// Crash argument: a checkpoint of the table begins after this, and refers to nothing that was not written before.
Result<void> HistoryFiles::flush() {
  if (std::exchange(written_, false)) {
    if (auto done = out_.sync_data(); !done.has_value()) return done;
  }
  if (std::exchange(begun_, false)) {
    if (auto done = sync_directory(directory_); !done.has_value()) return done;
  }
  return {};
}

Result<std::string> HistoryFiles::read(const HistoryPlace& place) {
  const auto path = path_of(place.file);
  if (!in_.is_open() || in_number_ != place.file) {
    auto in = File::open(path, File::Mode::read);
    if (!in.has_value()) return fail(in.error());
    in_ = std::move(*in);
    in_number_ = place.file;
  }
  const auto size = in_.size();
  if (!size.has_value()) return fail(size.error());
  const auto damaged = [&](std::string_view what) {
    return fail(Errc::corruption,
                path.string() + ": the row of history at " + std::to_string(place.offset) + " " + std::string(what));
  };
  if (place.offset > *size || place.bytes > *size - place.offset) return damaged("lies behind the end");
  auto row = in_.read_at(place.offset, place.bytes);
  if (row.has_value() && (row->size() != place.bytes || crc32c(*row) != place.checksum)) return damaged("does not verify");
  return row;
}

void HistoryFiles::erase_below(std::uint64_t key) {
  while (files_.size() > 1 && files_[1] <= key) {
    erased_.push_back(files_.front());
    files_.pop_front();
  }
}

/// Crash argument: the checkpoint that a crash returns to has no row in them. Files that come back, or were only shortened, go with
/// the next ones. Rows are read one at a time, so nobody reads them.
std::vector<std::filesystem::path> HistoryFiles::take_erased() {
  std::vector<std::filesystem::path> paths;
  for (const auto number : std::exchange(erased_, {})) {
    if (in_number_ == number) in_ = File();
    paths.push_back(path_of(number));
  }
  return paths;
}

}  // namespace conclave::storage
