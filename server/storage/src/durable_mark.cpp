#include "durable_mark.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include "conclave/base/crc32c.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t slot_bytes = 512;  // a sector: a torn write does not reach into the other slot
constexpr std::uint32_t magic = 0x314b4d63;

std::string slot_of(std::uint64_t sequence) {
  std::string tail;
  put_little_endian(tail, sequence);
  std::string slot;
  put_little_endian(slot, magic);
  put_little_endian(slot, crc32c(tail));
  return slot + tail;
}

std::optional<std::uint64_t> sequence_in(ByteView slot) {
  if (slot.size() < 16 || get_little_endian<std::uint32_t>(slot, 0) != magic) return std::nullopt;
  if (get_little_endian<std::uint32_t>(slot, 4) != crc32c(slot.substr(8, 8))) return std::nullopt;
  return get_little_endian<std::uint64_t>(slot, 8);
}

}  // namespace

Result<DurableMark> DurableMark::open(const std::filesystem::path& root) {
  const auto path = root / "MARK";
  std::error_code code;
  if (!std::filesystem::exists(path, code)) {
    std::string fresh = slot_of(0);
    fresh.resize(slot_bytes);
    if (auto done = write_file_atomically(path, fresh + fresh); !done.has_value()) return fail(done.error());
  }
  auto file = File::open(path, File::Mode::write);
  if (!file.has_value()) return fail(file.error());
  const auto bytes = file->read_at(0, 2 * slot_bytes);
  if (!bytes.has_value()) return fail(bytes.error());
  const auto first = sequence_in(ByteView(*bytes).substr(0, slot_bytes));
  const auto second = sequence_in(ByteView(*bytes).substr(std::min<std::size_t>(bytes->size(), slot_bytes)));
  if (!first && !second) return fail(Errc::corruption, path.string() + " does not verify");
  DurableMark mark;
  mark.file_ = std::move(*file);
  mark.sequence_ = std::max(first.value_or(0), second.value_or(0));
  mark.slot_ = first.value_or(0) > second.value_or(0) ? 1 : 0;  // the older one is written next
  if (!first) mark.slot_ = 0;
  if (!second) mark.slot_ = 1;
  return mark;
}

Result<void> DurableMark::advance(std::uint64_t sequence) {
  if (auto done = file_.write_at(slot_ * slot_bytes, slot_of(sequence)); !done.has_value()) return done;
  slot_ = 1 - slot_;
  sequence_ = sequence;
  dirty_->store(true);
  return {};
}

Result<void> DurableMark::sync() const {
  if (!dirty_->exchange(false)) return {};
  return file_.sync_data();
}

}  // namespace conclave::storage
