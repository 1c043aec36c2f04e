#include "log_segments.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

namespace conclave::storage {
namespace {

constexpr std::string_view extension = ".segment";
constexpr std::size_t name_digits = 16;
constexpr std::size_t read_bytes = std::size_t{256} << 10;

/// As many segments as the log of a small state has when it is cut. To remove and reserve them each time costs the disk more than
/// to keep them, and keeps flushes waiting.
constexpr std::size_t spares_max = 4;

std::optional<std::uint64_t> number_of(const std::string& name) {
  if (name.size() != name_digits + extension.size() || !name.ends_with(extension)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name_digits, number, 16);
  if (code != std::errc() || end != name.data() + name_digits) return std::nullopt;
  return number;
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code code;
  std::filesystem::rename(from, to, code);
  if (code) return fail(Errc::io_error, "renaming " + from.string() + ": " + code.message());
  return {};
}

Result<void> make_file(const std::filesystem::path& path, std::size_t bytes) {
  auto file = File::open(path, File::Mode::create_empty);
  if (!file.has_value()) return fail(file.error());
  if (auto done = file->reserve(bytes); !done.has_value()) return done;
  return file->sync_data();
}

}  // namespace

Result<std::vector<std::uint64_t>> SegmentDirectory::numbers() const {
  std::vector<std::uint64_t> found;
  std::error_code code;
  for (std::filesystem::directory_iterator it(path_, code), end; !code && it != end; it.increment(code)) {
    if (const auto number = number_of(it->path().filename().string())) found.push_back(*number);
  }
  if (code) return fail(Errc::io_error, "listing " + path_.string() + ": " + code.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::filesystem::path SegmentDirectory::path_of(std::uint64_t number) const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name(name_digits, '0');
  for (auto place = name.rbegin(); number != 0; number >>= 4) *place++ = digits[number & 15];
  return path_ / name.append(extension);
}

Result<SegmentPtr> SegmentDirectory::open(std::uint64_t number, raft::EntryId after, std::uint32_t after_checksum,
                                          File::Mode mode) const {
  auto file = File::open(path_of(number), mode);
  if (!file.has_value()) return fail(file.error());
  const auto bytes = file->size();
  if (!bytes.has_value()) return fail(bytes.error());
  return std::make_shared<const Segment>(Segment{number, std::move(*file), *bytes, after, after_checksum});
}

std::filesystem::path SegmentDirectory::spare(std::size_t place) const {
  return path_ / (place == 0 ? "spare" : "spare." + std::to_string(place));
}

/// A file of another size, of which the settings made it, is as good as none.
Result<std::optional<std::size_t>> SegmentDirectory::find_spare(bool there) const {
  for (std::size_t place = 0; place < spares_max; ++place) {
    std::error_code code;
    const auto bytes = std::filesystem::file_size(spare(place), code);
    if (code && code != std::errc::no_such_file_or_directory) {
      return fail(Errc::io_error, "looking at " + spare(place).string() + ": " + code.message());
    }
    if ((!code && bytes == segment_bytes_) == there) return std::optional(place);
  }
  return std::optional<std::size_t>();
}

/// Crash argument: a file under a segment's name without a record of that segment at its start is an unfinished beginning, which
/// recovery takes away again. The name is durable before anything is written: a file that was cut would otherwise hold records of
/// the new segment under the name of the old one.
Result<void> SegmentDirectory::make(std::uint64_t number, std::size_t bytes) {
  const auto had_spare = take_spare(number, bytes);
  if (!had_spare.has_value()) return fail(had_spare.error());
  if (!*had_spare) {
    if (auto done = make_file(path_of(number), std::max(bytes, segment_bytes_)); !done.has_value()) return done;
  }
  return sync();
}

Result<bool> SegmentDirectory::take_spare(std::uint64_t number, std::size_t bytes) {
  if (bytes > segment_bytes_) return false;
  const std::scoped_lock lock(*mutex_);
  const auto place = find_spare(true);
  if (!place.has_value()) return fail(place.error());
  if (!*place) return false;
  if (auto done = rename_file(spare(**place), path_of(number)); !done.has_value()) return fail(done.error());
  return true;
}

Result<void> SegmentDirectory::retire(std::uint64_t number, bool reusable) {
  std::error_code code;
  if (reusable && std::filesystem::file_size(path_of(number), code) == segment_bytes_ && !code) {
    const std::scoped_lock lock(*mutex_);
    const auto place = find_spare(false);
    if (!place.has_value()) return fail(place.error());
    if (*place) return rename_file(path_of(number), spare(**place));
  }
  return remove_file(path_of(number));
}

Result<void> SegmentDirectory::prepare_spare() {
  {
    const std::scoped_lock lock(*mutex_);
    const auto place = find_spare(true);
    if (!place.has_value()) return fail(place.error());
    if (*place) return {};
  }
  auto beside = spare(0);
  beside += ".new";
  if (auto done = make_file(beside, segment_bytes_); !done.has_value()) {
    static_cast<void>(remove_file(beside));  // what it reserved until the disk was full
    return done;
  }
  const std::scoped_lock lock(*mutex_);
  const auto place = find_spare(false);
  if (!place.has_value()) return fail(place.error());
  return *place ? rename_file(beside, spare(**place)) : remove_file(beside);
}

Result<ByteView> RecordScanner::bytes_at(std::uint64_t offset, std::size_t count) {
  if (offset < buffer_at_ || offset + count > buffer_at_ + buffer_.size()) {
    const auto wanted = std::max(count, read_bytes);
    const auto have = segment_.file.read_into(buffer_.hold(wanted), offset, wanted);
    if (!have.has_value()) return fail(have.error());
    buffer_.shorten(*have);
    buffer_at_ = offset;
  }
  return buffer_.view().substr(offset - buffer_at_, count);
}

Result<std::optional<Record>> RecordScanner::next() {
  const auto first = bytes_at(next_, block_bytes);
  if (!first.has_value()) return fail(first.error());
  const auto size = record_size(*first, segment_.number);
  if (!size || *size > segment_.bytes - next_) return std::optional<Record>();
  const auto all = bytes_at(next_, *size);
  if (!all.has_value()) return fail(all.error());
  if (all->size() < *size) return std::optional<Record>();
  auto record = read_record(*all);
  if (!record.has_value()) {
    return fail(record.error().code,
                segment_.file.path().string() + " at " + std::to_string(next_) + ": " + record.error().context);
  }
  if (*record) {
    offset_ = next_;
    next_ += *size;
  }
  return record;
}

}  // namespace conclave::storage
