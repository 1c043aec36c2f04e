#include "outbox.hpp"

#include <utility>

namespace conclave::transport {
namespace {

constexpr std::size_t batch_bytes = 256 * 1024;      // a batch is closed at this; also how long an urgent frame may have to wait
constexpr std::size_t gathered_part_max = 8 * 1024;  // larger parts are not copied

}  // namespace

void Outbox::push(protocol::OutFrame frame, Options options) {
  bytes_ += frame.size();
  (options.urgent ? urgent_ : queued_).push_back({std::move(frame), options.credit_bytes});
}

void Outbox::append(const Bytes& part) {
  if (part.empty()) return;
  if (part.size() <= gathered_part_max) {
    gathered_.append(part.view());
    return;
  }
  seal();
  batch_.push_back(part);
}

void Outbox::seal() {
  if (!gathered_.empty()) batch_.emplace_back(std::exchange(gathered_, {}));
}

void Outbox::compose() {
  batch_.clear();
  batch_next_ = 0;
  chunk_offset_ = 0;
  std::size_t size = 0;
  while (size < batch_bytes) {
    std::deque<Item>& from = urgent_.empty() ? queued_ : urgent_;
    if (from.empty()) break;
    const Item& item = from.front();
    size += item.frame.size();
    append(item.frame.head);
    for (const Bytes& part : item.frame.tail) append(part);
    batch_credit_ += item.credit_bytes;
    from.pop_front();
  }
  seal();
}

void Outbox::advance(std::size_t count) {
  bytes_ -= count;
  chunk_offset_ += count;
  while (batch_next_ < batch_.size() && chunk_offset_ >= batch_[batch_next_].size()) {
    chunk_offset_ -= batch_[batch_next_].size();
    batch_[batch_next_] = Bytes();
    ++batch_next_;
  }
  if (batch_next_ == batch_.size()) credit_ += std::exchange(batch_credit_, 0);
}

IoResult Outbox::write_to(Stream& stream, std::size_t bytes_max) {
  std::vector<ByteView> chunks;
  std::size_t written = 0;
  while (written < bytes_max) {
    if (batch_next_ == batch_.size()) compose();
    if (batch_.empty()) break;
    chunks.clear();
    for (std::size_t i = batch_next_; i < batch_.size(); ++i) chunks.push_back(batch_[i].view());
    chunks.front().remove_prefix(chunk_offset_);
    IoResult result = stream.write(chunks);
    if (result.state != IoState::done) {
      result.bytes = written;
      return result;
    }
    written += result.bytes;
    advance(result.bytes);
  }
  return {IoState::done, written, {}};
}

std::size_t Outbox::take_credit() { return std::exchange(credit_, 0); }

}  // namespace conclave::transport
