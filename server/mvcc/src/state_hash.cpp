#include "state_hash.hpp"

#include <bit>
#include <cstring>

namespace conclave::mvcc {
namespace {

/// The finalizer of splitmix64 (Steele, Lea, Flood): every input bit reaches every output bit.
std::uint64_t scatter(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, count);
  } else {
    for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

std::uint64_t number_of(milliseconds span) { return static_cast<std::uint64_t>(span.count()); }

void add(Digest& digest, const KeyValuePtr& kv) { digest.add(kv ? kv->digest() : 0); }

void add(Digest& digest, const std::vector<KeyValuePtr>& kvs) {
  digest.add(kvs.size());
  for (const KeyValuePtr& kv : kvs) add(digest, kv);
}

void add(Digest& digest, const RangeResult& result) {
  add(digest, result.kvs);
  digest.add(result.count).add(result.more ? 1U : 0U).add(result.next_key).add(result.keys_only ? 1U : 0U);
}
void add(Digest& digest, const PutResult& result) {
  digest.add(result.key);
  add(digest, result.prev);
}
void add(Digest& digest, const DeleteResult& result) {
  digest.add(result.deleted);
  add(digest, result.prev);
}
void add(Digest& digest, const TxnResult& result) {
  digest.add(result.succeeded ? 1U : 0U).add(result.results.size());
  for (const OpResult& each : result.results) {
    digest.add(each.body.index());
    std::visit([&](const auto& body) { add(digest, body); }, each.body);
  }
}
void add(Digest& digest, const Refused& refused) {
  digest.add(static_cast<std::uint64_t>(refused.code)).add(refused.context).add(refused.compacted.value());
}
void add(Digest& digest, const LeaseGranted& granted) { digest.add(granted.id.value()).add(number_of(granted.ttl)); }
void add(Digest& digest, const LeaseRevoked& revoked) { digest.add(revoked.keys_deleted); }
void add(Digest& digest, const LeaseRenewed& renewed) {
  digest.add(renewed.rows.size());
  for (const LeaseRenewed::Row& row : renewed.rows) digest.add(row.id.value()).add(number_of(row.ttl));
}
void add(Digest& digest, const SessionOpened& opened) { digest.add(opened.id.value()).add(number_of(opened.ttl)); }
void add(Digest&, const SessionClosed&) {}
void add(Digest& digest, const Compacted& compacted) { digest.add(compacted.revision.value()); }
void add(Digest&, const Done&) {}
void add(Digest& digest, const AppliedEarlier& earlier) { digest.add(earlier.succeeded ? 1U : 0U); }

}  // namespace

Digest& Digest::add(std::uint64_t number) {
  state_ = scatter(state_ * 0x9e3779b97f4a7c15ULL + number + 1);
  return *this;
}

Digest& Digest::add(ByteView bytes) {
  add(std::uint64_t{bytes.size()});
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    state_ = std::rotl(state_ ^ (little_endian(bytes.data() + at, 8) * 0x87c37b91114253d5ULL), 29) * 0x9e3779b97f4a7c15ULL;
    state_ ^= state_ >> 32;
  }
  if (at < bytes.size()) add(little_endian(bytes.data() + at, bytes.size() - at));
  return *this;
}

std::uint64_t Digest::value() const { return scatter(state_); }

std::uint64_t digest_of(const KeyValue& kv) {
  Digest digest(1);
  digest.add(kv.key()).add(kv.value());
  digest.add(kv.create_revision().value()).add(kv.mod_revision().value()).add(kv.version()).add(kv.lease().value());
  return digest.value();
}

std::uint64_t digest_of(const LeaseRow& lease) {
  Digest digest(2);
  digest.add(lease.id.value()).add(number_of(lease.ttl)).add(number_of(lease.deadline.time_since_epoch()));
  digest.add(lease.owner).add(lease.note).add(lease.session ? 1U : 0U).add(lease.nonce).add(lease.first_outstanding.value());
  return digest.value();
}

std::uint64_t digest_of(LeaseId session, RequestSeq sequence, const Response& outcome) {
  Digest digest(3);
  digest.add(session.value()).add(sequence.value()).add(outcome.revision.value()).add(outcome.body.index());
  std::visit([&](const auto& body) { add(digest, body); }, outcome.body);
  return digest.value();
}

std::uint64_t digest_of(const MetaRow& meta) {
  Digest digest(4);
  digest.add(meta.applied.value()).add(meta.applied_term.value()).add(number_of(meta.stamp.time_since_epoch()));
  digest.add(meta.revision.value()).add(meta.compacted.value()).add(meta.machine_version.value());
  return digest.value();
}

}  // namespace conclave::mvcc
