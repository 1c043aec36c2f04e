#include "log_record.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "conclave/base/crc32c.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint32_t magic = 0x676f6c63;
constexpr std::size_t checked_from = 8;
constexpr std::size_t head_at = 24;
constexpr std::size_t item_prefix_bytes = 8;
constexpr std::size_t keep_bytes = std::size_t{4} << 20;  // a builder that once held a large record does not keep its memory

constexpr std::size_t up_to_eight(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

Result<std::vector<Record::Item>> read_items(ByteView bytes) {
  std::vector<Record::Item> items;
  while (!bytes.empty()) {
    if (bytes.size() < item_prefix_bytes) return fail(Errc::corruption, "an item that is cut off");
    const auto kind = get_little_endian<std::uint32_t>(bytes, 0);
    const std::size_t size = get_little_endian<std::uint32_t>(bytes, 4);
    if (kind == 0) return fail(Errc::corruption, "an item without a kind");
    if (kind > static_cast<std::uint32_t>(ItemKind::entry)) return fail(Errc::version_mismatch, "an item of a newer format");
    bytes.remove_prefix(item_prefix_bytes);
    if (up_to_eight(size) > bytes.size()) return fail(Errc::corruption, "an item that is too long");
    items.push_back({static_cast<ItemKind>(kind), bytes.substr(0, size)});
    bytes.remove_prefix(up_to_eight(size));
  }
  return items;
}

}  // namespace

void RecordBuilder::Free::operator()(char* bytes) const { std::free(bytes); }

RecordBuilder::RecordBuilder() { clear(); }

void RecordBuilder::clear() {
  if (room_ > keep_bytes) {
    bytes_.reset();
    room_ = 0;
  }
  used_ = 0;
  reserve(record_prefix_bytes);
  used_ = record_prefix_bytes;
}

void RecordBuilder::reserve(std::size_t bytes) {
  if (used_ + bytes <= room_) return;
  const auto wanted = (std::max(used_ + bytes, 2 * room_) + block_bytes - 1) / block_bytes * block_bytes;
  std::unique_ptr<char, Free> larger(static_cast<char*>(std::aligned_alloc(block_bytes, wanted)));
  if (larger == nullptr) throw std::bad_alloc();
  if (used_ > 0) std::memcpy(larger.get(), bytes_.get(), used_);
  bytes_ = std::move(larger);
  room_ = wanted;
}

void RecordBuilder::append(ByteView bytes) {
  if (bytes.empty()) return;
  std::memcpy(bytes_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void RecordBuilder::add(ItemKind kind, ByteView bytes, ByteView more) {
  const auto size = bytes.size() + more.size();
  reserve(item_prefix_bytes + up_to_eight(size));
  std::string prefix;
  put_little_endian(prefix, static_cast<std::uint32_t>(kind));
  put_little_endian(prefix, static_cast<std::uint32_t>(size));
  append(prefix);
  append(bytes);
  append(more);
  std::memset(bytes_.get() + used_, 0, up_to_eight(size) - size);
  used_ += up_to_eight(size) - size;
}

ByteView RecordBuilder::finish(std::uint64_t segment, std::uint32_t previous, const Head& head) {
  const auto end = size();
  std::memset(bytes_.get() + used_, 0, end - used_);  // within the room: that is a multiple of a block, too
  std::string prefix;
  put_little_endian(prefix, static_cast<std::uint32_t>(used_ - record_prefix_bytes));
  put_little_endian(prefix, previous);
  put_little_endian(prefix, segment);
  prefix += encode_head(head);
  std::memcpy(bytes_.get() + checked_from, prefix.data(), prefix.size());
  checksum_ = crc32c(ByteView(bytes_.get() + checked_from, used_ - checked_from));
  std::string front;
  put_little_endian(front, magic);
  put_little_endian(front, checksum_);
  std::memcpy(bytes_.get(), front.data(), front.size());
  return {bytes_.get(), end};
}

std::optional<std::size_t> record_size(ByteView first_block, std::uint64_t segment) {
  if (first_block.size() < record_prefix_bytes) return std::nullopt;
  if (get_little_endian<std::uint32_t>(first_block, 0) != magic) return std::nullopt;
  if (get_little_endian<std::uint64_t>(first_block, 16) != segment) return std::nullopt;
  const std::size_t items = get_little_endian<std::uint32_t>(first_block, 8);
  if (items > items_bytes_max) return std::nullopt;
  return (record_prefix_bytes + items + block_bytes - 1) / block_bytes * block_bytes;
}

Result<std::optional<Record>> read_record(ByteView bytes) {
  const std::size_t items = get_little_endian<std::uint32_t>(bytes, 8);
  Record record;
  record.checksum = get_little_endian<std::uint32_t>(bytes, 4);
  if (record.checksum != crc32c(bytes.substr(checked_from, record_prefix_bytes + items - checked_from)))
    return std::optional<Record>();
  record.previous = get_little_endian<std::uint32_t>(bytes, 12);
  const auto head = decode_head(bytes.substr(head_at, head_bytes));
  if (!head.has_value()) return fail(head.error());
  record.head = *head;
  auto list = read_items(bytes.substr(record_prefix_bytes, items));
  if (!list.has_value()) return fail(list.error());
  record.items = std::move(*list);
  return std::optional<Record>(std::move(record));
}

}  // namespace conclave::storage
