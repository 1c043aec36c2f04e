#include "lease_keeper.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace conclave::engine {
namespace {

ClusterTime to_cluster_time(raft::Stamp stamp) { return cluster_time_from_millis(static_cast<std::int64_t>(stamp.value())); }
raft::Stamp to_stamp(ClusterTime time) { return raft::Stamp(static_cast<std::uint64_t>(to_millis(time))); }

}  // namespace

LeaseKeeper::LeaseKeeper(Context& context, Proposals& proposals)
    : context_(context), proposals_(proposals), clock_(context.config.election_timeout) {}

ClusterTime LeaseKeeper::known() const { return std::max(to_cluster_time(context_.core.stamp()), context_.machine->stamp()); }

void LeaseKeeper::on_leader_changed() {
  if (!context_.core.is_leader()) return clock_.stop();
  if (clock_.running()) return;
  clock_.start(known(), context_.now);
  expiring_ = false;
  stamp_first_ = true;
  next_time_entry_ = context_.now;
}

void LeaseKeeper::on_tick() { clock_.note_tick(context_.core.ticks(), context_.now); }

void LeaseKeeper::on_applied_stamp(ClusterTime stamp) {
  if (to_stamp(stamp) > context_.core.stamp()) context_.core.set_stamp(to_stamp(stamp));
}

void LeaseKeeper::advance(bool stalled) {
  if (!clock_.running()) return;
  clock_.advance(context_.now, context_.core.quorum_confirmed_tick());
  context_.core.set_stamp(to_stamp(clock_.time()));
  write_time_if_due();
  if (!stalled) expire_due();
}

/// While leases exist their time must be in the log, not only in this leader's memory.
void LeaseKeeper::write_time_if_due() {
  if (context_.machine->lease_count() == 0 || context_.now < next_time_entry_) return;
  const bool fresh = clock_.time() - context_.machine->stamp() < context_.config.time_entry_interval;
  if (fresh && !stamp_first_) return;
  if (!proposals_.propose_time(clock_.time())) return;
  stamp_first_ = false;
  next_time_entry_ = context_.now + context_.config.time_entry_interval;
}

void LeaseKeeper::expire_due() {
  if (expiring_ || context_.now < next_expiry_ || !context_.core.is_term_committed()) return;
  const auto due = context_.machine->leases_due(clock_.time(), context_.config.expire_batch_max);
  if (due.empty()) return;
  expiring_ = true;
  const std::size_t count = due.size();
  const Term term = context_.core.term();
  proposals_.submit({{}, context_.ports.batches.expire_leases(due), false, false, std::nullopt},
                    [this, count, term](const Outcome& outcome) {
                      if (term == context_.core.term()) expiring_ = false;
                      if (outcome) context_.counters.leases_expired += count;
                    });
  next_expiry_ = context_.now + context_.config.expire_interval;
}

// --- Renewals
// -----------------------------------------------------------------------------------------------------------------------

void LeaseKeeper::renew(ConnectionId connection, RequestId request, const std::string& identity, std::vector<LeaseId> ids) {
  const std::size_t ids_max = context_.config.machine.limits.renew_ids_max;
  if (ids.size() > ids_max) return context_.refuse(connection, request, Errc::too_large, "too many leases in one renewal");
  if (renewal_ids_ + ids.size() > ids_max) {
    renewals_due_ = context_.now;
    flush_renewals();
  }
  renewal_ids_ += ids.size();
  renewals_[identity].push_back({connection, request, std::move(ids)});
  // The first one goes with this pass; those that come while it is under way gather, and go together when it is back.
  if (!renewals_due_) renewals_due_ = renewals_under_way_ == 0 ? context_.now : context_.now + context_.config.renew_coalescing;
}

void LeaseKeeper::flush_renewals() {
  if (!renewals_due_ || context_.now < *renewals_due_) return;
  renewals_due_.reset();
  renewal_ids_ = 0;
  for (auto& [identity, renewals] : std::exchange(renewals_, {})) {
    std::vector<LeaseId> ids;
    for (const Renewal& renewal : renewals) ids.insert(ids.end(), renewal.ids.begin(), renewal.ids.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    auto waiting = std::make_shared<std::vector<Renewal>>(std::move(renewals));
    ++renewals_under_way_;
    proposals_.submit(
        {identity, context_.ports.batches.renew_leases(ids), true, false, std::nullopt}, [this, waiting](const Outcome& outcome) {
          if (--renewals_under_way_ == 0 && renewals_due_) renewals_due_ = context_.now;
          const auto* renewed = outcome ? std::get_if<mvcc::LeaseRenewed>(&(*outcome)->body) : nullptr;
          const auto* refused = outcome ? std::get_if<mvcc::Refused>(&(*outcome)->body) : nullptr;
          std::map<LeaseId, milliseconds> ttls;
          if (renewed != nullptr)
            for (const auto& row : renewed->rows) ttls[row.id] = row.ttl;
          for (const Renewal& renewal : *waiting) {
            if (!outcome || refused != nullptr || renewed == nullptr) {
              const Errc code = outcome ? (refused != nullptr ? refused->code : Errc::internal) : outcome.error().code;
              context_.refuse(renewal.connection, renewal.request, code);
              continue;
            }
            mvcc::LeaseRenewed own;
            for (const LeaseId id : renewal.ids) own.rows.push_back({id, ttls[id]});
            context_.reply(renewal.connection, renewal.request,
                           std::make_shared<const mvcc::Response>(mvcc::Response{(*outcome)->revision, std::move(own)}));
          }
        });
  }
}

std::optional<Instant> LeaseKeeper::next_deadline() const {
  return renewals_due_;  // expiry and time entries are looked at with every tick
}

}  // namespace conclave::engine
