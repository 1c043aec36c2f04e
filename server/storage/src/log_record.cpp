#include "log_record.hpp"

#include "conclave/base/crc32c.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint32_t magic = 0x676f6c63;
constexpr std::size_t checked_from = 8;
constexpr std::size_t head_at = 24;
constexpr std::size_t item_prefix_bytes = 8;

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

RecordBuilder::RecordBuilder() { clear(); }

void RecordBuilder::clear() {
  bytes_.clear();
  bytes_.append_zeros(record_prefix_bytes);
}

void RecordBuilder::add(ItemKind kind, ByteView bytes, ByteView more) {
  const auto size = bytes.size() + more.size();
  std::string prefix;
  put_little_endian(prefix, static_cast<std::uint32_t>(kind));
  put_little_endian(prefix, static_cast<std::uint32_t>(size));
  bytes_.append(prefix);
  bytes_.append(bytes);
  bytes_.append(more);
  bytes_.append_zeros(up_to_eight(size) - size);
}

ByteView RecordBuilder::finish(std::uint64_t segment, std::uint32_t previous, const Head& head) {
  std::string prefix;
  prefix.reserve(record_prefix_bytes);
  put_little_endian(prefix, static_cast<std::uint32_t>(bytes_.size() - record_prefix_bytes));
  put_little_endian(prefix, previous);
  put_little_endian(prefix, segment);
  prefix += encode_head(head);
  bytes_.replace(checked_from, prefix);
  checksum_ = crc32c(bytes_.view().substr(checked_from));
  std::string front;
  put_little_endian(front, magic);
  put_little_endian(front, checksum_);
  bytes_.replace(0, front);
  return bytes_.blocks();
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
