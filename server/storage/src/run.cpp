#include "run.hpp"

#include <algorithm>
#include <utility>

#include "conclave/base/assert.hpp"
#include "conclave/base/crc32c.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t block_bytes_min = std::size_t{128} << 10;  // a block ends when it has so many, whatever its last row takes
constexpr std::size_t write_bytes = std::size_t{1} << 20;
constexpr std::uint32_t gone = 0xffffffff;  // instead of the size of a value
constexpr std::size_t row_head_bytes = 8;
constexpr std::size_t ahead_max = 8;  // blocks that are read at once, unless they are large
constexpr std::uint64_t ahead_bytes = std::uint64_t{1} << 20;
constexpr std::size_t index_head_bytes = 20;  // of each block's part

template <std::unsigned_integral T>
void append_number(DirectBuffer& out, T number) {
  std::string bytes;
  put_little_endian(bytes, number);
  out.append(bytes);
}

std::string encode_index(const std::vector<RunBlock>& blocks) {
  std::string out;
  for (const auto& block : blocks) {
    put_little_endian(out, block.offset);
    put_little_endian(out, block.bytes);
    put_little_endian(out, block.checksum);
    put_little_endian(out, static_cast<std::uint32_t>(block.first_key.size()));
    out += block.first_key;
  }
  return out;
}

}  // namespace

// --- RunWriter
// ----------------------------------------------------------------------------------------------------------------------

Result<RunWriter> RunWriter::begin(const std::filesystem::path& path, std::uint64_t number) {
  auto fresh = File::open(path, File::Mode::create_empty);
  if (!fresh.has_value()) return fail(fresh.error());
  auto file = File::open(path, File::Mode::write_direct);
  if (!file.has_value()) return fail(file.error());
  RunWriter writer;
  writer.file_ = std::move(*file);
  writer.info_.number = number;
  return writer;
}

Result<void> RunWriter::add(ByteView key, std::optional<ByteView> value) {
  CONCLAVE_ASSERT_MSG((blocks_.empty() && out_.size() == 0) || last_key_ < key, "rows of a run that do not ascend");
  if (out_.size() == block_begin_) first_key_ = key;
  append_number(out_, static_cast<std::uint32_t>(key.size()));
  append_number(out_, value ? static_cast<std::uint32_t>(value->size()) : gone);
  out_.append(key);
  if (value) out_.append(*value);
  last_key_ = key;
  info_.bytes += key.size() + (value ? value->size() : 0);
  if (out_.size() - block_begin_ < block_bytes_min) return {};
  end_block();
  return out_.size() < write_bytes ? Result<void>() : write();
}

void RunWriter::end_block() {
  const auto block = out_.view().substr(block_begin_);
  if (block.empty()) return;
  blocks_.push_back({end_ + block_begin_, static_cast<std::uint32_t>(block.size()), crc32c(block), std::move(first_key_)});
  out_.append_zeros(out_.size_in_blocks() - out_.size());
  block_begin_ = out_.size();
}

Result<void> RunWriter::write() {
  const auto bytes = out_.blocks();
  if (auto done = file_.write_at(end_, bytes); !done.has_value()) return done;
  end_ += bytes.size();
  out_.clear();
  block_begin_ = 0;
  return {};
}

Result<RunInfo> RunWriter::end() {
  end_block();
  const auto index = encode_index(blocks_);
  if (index.size() > gone) return fail(Errc::internal, file_.path().string() + ": keys that no index can hold");
  info_.index_offset = end_ + out_.size();
  info_.index_bytes = static_cast<std::uint32_t>(index.size());
  info_.index_checksum = crc32c(index);
  out_.append(index);
  if (auto done = write(); !done.has_value()) return fail(done.error());
  return info_;
}

// --- Run
// ----------------------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<const Run>> Run::open(const std::filesystem::path& path, const RunInfo& info) {
  auto file = File::open(path, File::Mode::read_direct);
  if (!file.has_value()) return fail(file.error());
  auto run = std::make_shared<Run>();
  run->file_ = std::move(*file);
  run->info_ = info;
  if (auto done = run->read_index(); !done.has_value()) return fail(done.error());
  return std::shared_ptr<const Run>(std::move(run));
}

Unexpected Run::damaged(std::uint64_t offset, std::string_view what) const {
  return fail(Errc::corruption, file_.path().string() + ": " + std::string(what) + " at " + std::to_string(offset));
}

Result<void> Run::read(const RunBlock& first, const RunBlock& last, DirectBuffer& bytes) const {
  char* const to = bytes.hold(static_cast<std::size_t>(last.offset + last.bytes - first.offset));
  const auto have = file_.read_into(to, first.offset, bytes.size_in_blocks());
  if (!have.has_value()) return fail(have.error());
  return *have < bytes.size() ? Result<void>(damaged(first.offset, "blocks that are cut off")) : Result<void>();
}

Result<void> Run::verify(const RunBlock& block, ByteView bytes) const {
  return crc32c(bytes) == block.checksum ? Result<void>() : damaged(block.offset, "a block that does not verify");
}

Result<void> Run::read_index() {
  const auto size = file_.size();
  if (!size.has_value()) return fail(size.error());
  if (info_.index_offset % block_bytes != 0 || info_.index_offset > *size || info_.index_bytes > *size - info_.index_offset) {
    return damaged(info_.index_offset, "an index behind the end");
  }
  DirectBuffer bytes;
  const RunBlock index{info_.index_offset, info_.index_bytes, info_.index_checksum, {}};
  if (auto done = read(index, index, bytes); !done.has_value()) return done;
  if (auto done = verify(index, bytes.view()); !done.has_value()) return done;
  std::uint64_t end = 0;  // of the block before
  auto rest = bytes.view();
  while (!rest.empty()) {
    const auto at = info_.index_offset + (info_.index_bytes - rest.size());
    if (rest.size() < index_head_bytes) return damaged(at, "an index that ends in the middle");
    RunBlock block{get_little_endian<std::uint64_t>(rest, 0),
                   get_little_endian<std::uint32_t>(rest, 8),
                   get_little_endian<std::uint32_t>(rest, 12),
                   {}};
    const auto key_bytes = get_little_endian<std::uint32_t>(rest, 16);
    if (key_bytes > rest.size() - index_head_bytes || block.offset != end || block.bytes > info_.index_offset - block.offset) {
      return damaged(at, "an index that names no block");
    }
    end = (block.offset + block.bytes + block_bytes - 1) / block_bytes * block_bytes;
    if (end > info_.index_offset) return damaged(at, "an index that names no block");
    block.first_key = rest.substr(index_head_bytes, key_bytes);
    if (!blocks_.empty() && block.first_key <= blocks_.back().first_key) return damaged(at, "an index that is not in order");
    rest.remove_prefix(index_head_bytes + key_bytes);
    blocks_.push_back(std::move(block));
  }
  return {};
}

// --- RunCursor
// ----------------------------------------------------------------------------------------------------------------------

Result<bool> RunCursor::seek(ByteView from) {
  const auto& blocks = run_->blocks();
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), from,
                                      [](ByteView key, const RunBlock& block) { return key < block.first_key; });
  next_block_ = after == blocks.begin() ? 0 : static_cast<std::size_t>(after - blocks.begin()) - 1;
  block_ = {};
  place_ = read_first_ = read_end_ = 0;
  ahead_ = 1;
  auto there = next();
  while (there.has_value() && *there && key_ < from) there = next();
  return there;
}

Result<bool> RunCursor::next() {
  const auto& blocks = run_->blocks();
  const bool begins = place_ >= block_.size();
  if (begins && next_block_ == blocks.size()) return false;
  if (begins && !block_.empty() && key_ >= blocks[next_block_].first_key) return fail_order();
  if (begins) {
    if (auto done = enter_block(); !done.has_value()) return fail(done.error());
  }
  const auto before = key_;
  if (auto done = take_row(); !done.has_value()) return fail(done.error());
  if (begins ? key_ != blocks[next_block_ - 1].first_key : key_ <= before) return fail_order();
  return true;
}

Result<void> RunCursor::enter_block() {
  const auto& blocks = run_->blocks();
  if (next_block_ >= read_end_) {
    read_first_ = next_block_;
    read_end_ = std::min(next_block_ + ahead_, blocks.size());
    while (read_end_ - read_first_ > 1 && blocks[read_end_ - 1].offset - blocks[read_first_].offset >= ahead_bytes) --read_end_;
    ahead_ = std::min(2 * ahead_, ahead_max);
    if (auto done = run_->read(blocks[read_first_], blocks[read_end_ - 1], read_); !done.has_value()) return done;
  }
  const RunBlock& block = blocks[next_block_++];
  block_ = read_.view().substr(static_cast<std::size_t>(block.offset - blocks[read_first_].offset), block.bytes);
  place_ = 0;
  return run_->verify(block, block_);
}

/// Whoever goes on behind a row would come back to it, or a merge would write rows that nobody finds.
Unexpected RunCursor::fail_order() const {
  const auto block = next_block_ == 0 ? 0 : next_block_ - 1;
  return run_->damaged(run_->blocks()[block].offset + place_, "rows that are not in order");
}

Result<void> RunCursor::take_row() {
  const auto rest = block_.substr(place_);
  const auto damaged = [&] { return run_->damaged(run_->blocks()[next_block_ - 1].offset + place_, "a row that is none"); };
  if (rest.size() < row_head_bytes) return damaged();
  const auto key_bytes = get_little_endian<std::uint32_t>(rest, 0);
  const auto value_bytes = get_little_endian<std::uint32_t>(rest, 4);
  const bool has_value = value_bytes != gone;
  const std::size_t bytes = row_head_bytes + std::uint64_t{key_bytes} + (has_value ? value_bytes : 0);
  if (bytes > rest.size()) return damaged();
  key_ = rest.substr(row_head_bytes, key_bytes);
  value_ = has_value ? std::optional(rest.substr(row_head_bytes + key_bytes, value_bytes)) : std::nullopt;
  place_ += bytes;
  return {};
}

}  // namespace conclave::storage
