#include "build.hpp"

#include "conclave/base/assert.hpp"

namespace conclave::mvcc::test {

void RowStore::apply(const StateDelta& delta) {
  meta_ = delta.meta;
  for (const Change& change : delta.changes) {
    if (const auto* key = std::get_if<KeyRow>(&change)) keys_[std::string(key->kv->key())] = key->kv;
    if (const auto* lease = std::get_if<LeaseRow>(&change)) leases_[lease->id] = *lease;
    if (const auto* outcome = std::get_if<OutcomeRow>(&change))
      outcomes_[{outcome->session, outcome->sequence}] = outcome->response;
    if (const auto* history = std::get_if<HistoryRow>(&change)) history_[history->last] = *history;
    if (const auto* key = std::get_if<KeyErase>(&change)) keys_.erase(key->key);
    if (const auto* lease = std::get_if<LeaseErase>(&change)) leases_.erase(lease->id);
    if (const auto* outcome = std::get_if<OutcomeErase>(&change)) outcomes_.erase({outcome->session, outcome->sequence});
    if (const auto* history = std::get_if<HistoryErase>(&change))
      history_.erase(history_.begin(), history_.lower_bound(history->below));
  }
}

Machine RowStore::restored(const MachineConfig& config) const {
  Machine machine(config);
  const auto add = [&](Row row) {
    const Result<void> added = machine.restore(std::move(row));
    CONCLAVE_ASSERT_MSG(added.has_value(), added.error().message());
  };
  for (const auto& [key, kv] : keys_) add(KeyRow{kv});
  for (const auto& [id, outcome] : outcomes_) add(OutcomeRow{id.first, id.second, outcome});
  for (const auto& [id, lease] : leases_) add(lease);
  for (const auto& [last, history] : history_) add(history);
  add(meta_);
  const Result<void> finished = machine.finish_restore();
  CONCLAVE_ASSERT_MSG(finished.has_value(), finished.error().message());
  machine.check_invariants();
  return machine;
}

const ApplyResult& World::apply(const std::vector<Command>& commands) {
  const std::uint64_t hash_before = machine_.state_hash();
  last_ = machine_.apply(machine_.applied().next(), Term(1), Batch{MachineVersion(1), now_, commands});
  CONCLAVE_ASSERT(last_.responses.size() == commands.size());
  CONCLAVE_ASSERT(machine_.state_hash() != hash_before);
  rows_.apply(last_.delta);
  machine_.check_invariants();
  return last_;
}

Response World::in_session(LeaseId session, std::uint64_t sequence, std::uint64_t first, CommandBody body) {
  Command command{{}, {}, std::move(body)};
  command.envelope.session = session;
  command.envelope.sequence = RequestSeq(sequence);
  command.envelope.first_outstanding = RequestSeq(first);
  return run(command);
}

LeaseId World::grant(milliseconds ttl, LeaseId id) {
  const Response response = run(LeaseGrant{id, ttl, {}, {}});
  return std::get<LeaseGranted>(response.body).id;
}

LeaseId World::open(std::uint64_t nonce, milliseconds ttl) {
  const Response response = run(SessionOpen{nonce, ttl, {}, {}});
  return std::get<SessionOpened>(response.body).id;
}

std::optional<std::string> World::value(ByteView key) const {
  const KeyValuePtr kv = machine_.get(key);
  if (!kv) return std::nullopt;
  return std::string(kv->value());
}

std::vector<std::string> keys_of(const std::vector<KeyValuePtr>& kvs) {
  std::vector<std::string> keys;
  for (const KeyValuePtr& kv : kvs) keys.emplace_back(kv->key());
  return keys;
}

}  // namespace conclave::mvcc::test
