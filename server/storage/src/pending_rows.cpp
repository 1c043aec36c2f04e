#include "pending_rows.hpp"

#include <algorithm>
#include <variant>

#include "conclave/base/assert.hpp"
#include "state_table.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t key_cost = 64;
constexpr std::size_t other_cost = 128;

constexpr std::size_t ahead = 16;  // rows whose memory is asked for before they are needed
constexpr std::size_t cache_line_bytes = 64;
constexpr std::size_t expected_bytes = 256;  // of each; the processor goes on by itself

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

PendingRows::Row row_of(const mvcc::Change& change) {
  auto bytes = codec::encode_change(change);
  if (auto* row = std::get_if<codec::RowBytes>(&bytes)) return {state_key(row->table, row->key), std::move(row->value)};
  const auto* erase = std::get_if<codec::RowErase>(&bytes);
  CONCLAVE_ASSERT(erase != nullptr);
  return {state_key(erase->table, erase->key), std::nullopt};
}

std::size_t shared_prefix(ByteView a, ByteView b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

/// Eight bytes from `offset` on, the first one counting most; zeros behind the end.
std::uint64_t word_at(ByteView key, std::size_t offset) {
  std::uint64_t word = 0;
  for (std::size_t i = offset; i < offset + sizeof(word); ++i) {
    word = word << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return word;
}

/// Of a change of a key; else empty, which no key is.
ByteView key_of(const mvcc::Change& change) {
  if (const auto* row = std::get_if<mvcc::KeyRow>(&change)) return row->kv->key();
  const auto* gone = std::get_if<mvcc::KeyErase>(&change);
  return gone == nullptr ? ByteView() : ByteView(gone->key);
}

void add_row(std::vector<PendingRows::Row>& rows, std::size_t& bytes, PendingRows::Row row) {
  bytes += row.key.size() + (row.value ? row.value->size() : 0);
  rows.push_back(std::move(row));
}

}  // namespace

void PendingRows::add(std::span<const mvcc::Change> changes) {
  while (!changes.empty()) {
    const auto some = changes.first(std::min(changes.size(), expected_max));
    const auto hashes = expect(some);
    for (std::size_t i = 0; i < some.size(); ++i) add(some[i], hashes[i]);
    changes = changes.subspan(some.size());
  }
}

std::array<std::size_t, PendingRows::expected_max> PendingRows::expect(std::span<const mvcc::Change> changes) const {
  std::array<std::size_t, expected_max> hashes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto key = key_of(changes[i]);
    hashes[i] = absl::Hash<ByteView>{}(key);
    if (!key.empty()) keys_.prefetch(Likely{hashes[i]});
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto there = key_of(changes[i]).empty() ? keys_.end() : keys_.find(Likely{hashes[i]});
    if (there == keys_.end()) continue;
    __builtin_prefetch(there->bytes.data());
    __builtin_prefetch(there->version);
  }
  return hashes;
}

void PendingRows::add(const mvcc::Change& change, std::size_t hash) {
  std::visit(Overload{
                 [&](const mvcc::KeyRow& row) {
                   add_key({hash, row.kv->key(), row.kv, row.kv.get()});
                 },
                 [&](const mvcc::KeyErase& gone) {
                   auto key = std::make_shared<const std::string>(gone.key);
                   add_key({hash, *key, key, nullptr});
                 },
                 [&](const mvcc::LeaseRow& row) { leases_.insert_or_assign(row.id, row); },
                 [&](const mvcc::LeaseErase& gone) { leases_.insert_or_assign(gone.id, std::nullopt); },
                 [&](const mvcc::OutcomeRow& row) {
                   add_outcome({row.session, row.sequence}, row.response);
                 },
                 [&](const mvcc::OutcomeErase& gone) {
                   forget_outcome({gone.session, gone.sequence});
                 },
                 [](const mvcc::HistoryRow&) {},
                 [](const mvcc::HistoryErase&) {},
             },
             change);
}

void PendingRows::add_key(Key change) {
  const auto [place, added] = keys_.insert(change);
  if (added) return;
  place->bytes = change.bytes;
  place->version = change.version;
  place->owner.swap(change.owner);  // the older version goes last: its bytes were the key
}

/// A sequence is executed once, so a row that is not pending is not in the table either.
void PendingRows::add_outcome(const OutcomeId& id, mvcc::ResponsePtr response) {
  const auto [place, added] = outcomes_.try_emplace(id);
  if (added) place->second.fresh = true;
  place->second.response = std::move(response);
}

void PendingRows::forget_outcome(const OutcomeId& id) {
  const auto [place, added] = outcomes_.try_emplace(id);
  if (!added && place->second.fresh)
    outcomes_.erase(place);
  else
    place->second.response = nullptr;
}

/// Rows in order make one run. Keys are compared by the words, most of them without looking at their bytes, which lie all over the
/// memory.
void PendingRows::sort_keys() {
  older_.clear();
  older_.reserve(keys_.size());
  for (const Key& key : keys_) older_.push_back({key.hash, key.bytes, std::move(key.owner), key.version});
  keys_ = {};
  const auto expect = [this](std::size_t i) {
    if (i < older_.size()) __builtin_prefetch(older_[i].bytes.data());
  };
  std::size_t shared = older_.front().bytes.size();
  for (std::size_t i = 0; i < older_.size(); ++i) {
    expect(i + ahead);
    shared = shared_prefix(older_.front().bytes.substr(0, shared), older_[i].bytes);
  }
  order_.reserve(older_.size());
  for (std::size_t i = 0; i < older_.size(); ++i) {
    expect(i + ahead);
    order_.push_back({word_at(older_[i].bytes, shared), i});
  }
  std::sort(order_.begin(), order_.end(), [this](const Sorted& a, const Sorted& b) {
    return a.word != b.word ? a.word > b.word : older_[a.index].bytes > older_[b.index].bytes;
  });
}

/// Of keys that come soon: first where they are in the list, then what they point to.
void PendingRows::expect_next() const {
  if (order_.size() > 2 * ahead) __builtin_prefetch(&older_[order_[order_.size() - 2 * ahead].index]);
  if (order_.size() <= ahead) return;
  const Key& key = older_[order_[order_.size() - ahead].index];
  const char* const begin = reinterpret_cast<const char*>(key.version);  // any address of the object will do
  for (std::size_t i = 0; begin != nullptr && i < expected_bytes; i += cache_line_bytes) __builtin_prefetch(begin + i);
}

void PendingRows::sort_outcomes() {
  older_outcomes_.reserve(outcomes_.size());
  for (auto& [id, outcome] : outcomes_) older_outcomes_.emplace_back(id, std::move(outcome.response));
  outcomes_ = {};
  std::sort(older_outcomes_.begin(), older_outcomes_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
}

void PendingRows::take_outcomes(std::size_t& bytes, std::size_t bytes_max, std::vector<Row>& rows) {
  while (bytes < bytes_max && (!older_outcomes_.empty() || !outcomes_.empty())) {
    if (older_outcomes_.empty()) sort_outcomes();
    const auto& [id, response] = older_outcomes_.back();
    const auto& [session, sequence] = id;
    add_row(rows, bytes,
            row_of(response ? mvcc::Change(mvcc::OutcomeRow{session, sequence, response})
                            : mvcc::Change(mvcc::OutcomeErase{session, sequence})));
    older_outcomes_.pop_back();
  }
  if (older_outcomes_.empty()) older_outcomes_ = {};
}

void PendingRows::take_keys(std::size_t& bytes, std::size_t bytes_max, std::vector<Row>& rows) {
  while (bytes < bytes_max && (!order_.empty() || !keys_.empty())) {
    if (order_.empty()) sort_keys();
    expect_next();
    const Key change = std::move(older_[order_.back().index]);
    order_.pop_back();
    std::optional<std::string> value;
    if (change.version != nullptr) value = codec::encode_key_value(*change.version);
    add_row(rows, bytes, {state_key(codec::Table::keys, change.bytes), std::move(value)});
  }
  if (order_.empty()) older_ = {};
}

std::vector<PendingRows::Row> PendingRows::take(std::size_t bytes_max) {
  std::vector<Row> rows;
  std::size_t bytes = 0;
  auto lease = leases_.begin();
  for (; lease != leases_.end() && bytes < bytes_max; ++lease) {
    const auto& [id, row] = *lease;
    add_row(rows, bytes, row_of(row ? mvcc::Change(*row) : mvcc::Change(mvcc::LeaseErase{id})));
  }
  leases_.erase(leases_.begin(), lease);
  take_outcomes(bytes, bytes_max, rows);
  take_keys(bytes, bytes_max, rows);
  return rows;
}

std::size_t PendingRows::cost() const {
  return (keys_.size() + order_.size()) * key_cost + (leases_.size() + outcomes_.size() + older_outcomes_.size()) * other_cost;
}

}  // namespace conclave::storage
