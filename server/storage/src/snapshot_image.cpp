#include "snapshot_image.hpp"

#include <algorithm>
#include <utility>

namespace conclave::storage {

SnapshotImage::~SnapshotImage() { static_cast<void>(remove_file(file_.path())); }

Result<raft::SnapshotChunk> SnapshotImage::chunk(std::uint64_t offset, std::size_t bytes_max) const {
  raft::SnapshotChunk chunk;
  chunk.meta = meta_;
  chunk.offset = offset;
  if (offset < meta_.total_bytes) {
    const auto count = std::min<std::uint64_t>(bytes_max, meta_.total_bytes - offset);
    auto bytes = file_.read_at(offset, static_cast<std::size_t>(count));
    if (!bytes.has_value()) return fail(bytes.error());
    if (bytes->size() != count) return fail(Errc::corruption, file_.path().string() + " is shorter than it was written");
    chunk.bytes = Bytes(std::move(*bytes));
  }
  chunk.done = offset + chunk.bytes.size() == meta_.total_bytes;
  return chunk;
}

Result<ImageBuilder> ImageBuilder::begin(const std::filesystem::path& path, raft::SnapshotMeta meta) {
  auto file = File::open(path, File::Mode::create_empty);
  if (!file.has_value()) return fail(file.error());
  ImageBuilder builder;
  builder.file_ = std::move(*file);
  builder.meta_ = std::move(meta);
  builder.meta_.total_bytes = 0;
  return builder;
}

Result<bool> ImageBuilder::step(StateTable& table, std::size_t bytes) {
  std::string out;
  if (meta_.total_bytes == 0) writer_.start(out);
  auto next = table.scan_some(next_key_, bytes, [&](codec::Table kind, ByteView key, ByteView value) -> Result<bool> {
    writer_.add(kind, key, value, out);
    return true;
  });
  if (!next.has_value()) return fail(next.error());
  const bool more = next->has_value();
  if (more) next_key_ = std::move(**next);
  if (!more) writer_.finish(out);
  if (auto written = file_.write_at(meta_.total_bytes, out); !written.has_value()) {
    file_error_ = written.error();
    return false;
  }
  meta_.total_bytes += out.size();
  return more;
}

std::shared_ptr<const SnapshotImage> ImageBuilder::finish() && {
  return std::make_shared<const SnapshotImage>(std::move(file_), std::move(meta_));
}

void ImageBuilder::abandon() && { static_cast<void>(remove_file(file_.path())); }

}  // namespace conclave::storage
