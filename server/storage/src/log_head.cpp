#include "log_head.hpp"

#include <iterator>
#include <utility>

#include "conclave/base/crc32c.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint8_t head_format = 1;

}  // namespace

std::string encode_head(const Head& head) {
  std::string body;
  body.reserve(head_bytes);
  put_little_endian(body, head.sequence);
  put_little_endian(body, head.hard_state.term.value());
  put_little_endian(body, head.hard_state.vote.value_or(MemberId()).value());
  put_little_endian(body, head.last.term.value());
  put_little_endian(body, head.last.index.value());
  put_little_endian(body, head.generation);
  put_little_endian(body, head.checksum);
  put_little_endian(body, std::uint32_t{head.hard_state.vote.has_value() ? 1U : 0U});
  std::string row;
  put_little_endian(row, std::uint32_t{head_format});
  put_little_endian(row, crc32c(body));
  return row + body;
}

Result<Head> decode_head(ByteView bytes) {
  const auto bad = [](const char* why) { return fail(Errc::corruption, std::string("the log: a head ") + why); };
  if (bytes.size() < 8) return bad("is too short");
  if (get_little_endian<std::uint32_t>(bytes, 0) > head_format) return fail(Errc::version_mismatch, "the log: a newer format");
  if (bytes.size() != head_bytes) return bad("has a wrong size");
  if (get_little_endian<std::uint32_t>(bytes, 4) != crc32c(bytes.substr(8))) return bad("does not verify");
  const auto number = [&](std::size_t position) { return get_little_endian<std::uint64_t>(bytes, 8 + 8 * position); };
  Head head;
  head.sequence = number(0);
  head.hard_state.term = Term(number(1));
  head.last = {Term(number(3)), Index(number(4))};
  head.generation = number(5);
  head.checksum = get_little_endian<std::uint32_t>(bytes, 56);
  if (get_little_endian<std::uint32_t>(bytes, 60) != 0) head.hard_state.vote = MemberId(number(2));
  return head;
}

void Memberships::set(Index from, raft::Membership membership) {
  truncate(from);
  map_.insert_or_assign(from, std::move(membership));
}

void Memberships::forget_before(Index index) {
  auto after = map_.upper_bound(index);
  if (after == map_.begin()) return;
  map_.erase(map_.begin(), std::prev(after));
}

void Memberships::reset(Index from, raft::Membership membership) {
  map_.clear();
  map_.insert_or_assign(from, std::move(membership));
}

raft::Membership Memberships::at(Index index) const {
  const auto after = map_.upper_bound(index);
  return after == map_.begin() ? raft::Membership{} : std::prev(after)->second;
}

}  // namespace conclave::storage
