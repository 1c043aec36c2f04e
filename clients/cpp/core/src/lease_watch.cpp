#include "lease_watch.hpp"

#include <algorithm>

namespace conclave::client {
namespace {
constexpr Duration margin = milliseconds(50);
constexpr Duration retry_pause = milliseconds(100);
}  // namespace

void LeaseWatch::add(LeaseId lease, std::chrono::milliseconds ttl, Instant sent) {
  leases_[lease] = {ttl, sent, sent + Duration(ttl) / 5, LeaseHealth::alive, false};
}

std::vector<LeaseId> LeaseWatch::take_due(Instant now) {
  std::vector<LeaseId> due;
  for (auto& [lease, entry] : leases_) {
    if (entry.lost || now < entry.next_renewal) continue;
    due.push_back(lease);
    entry.next_renewal = now + Duration(entry.ttl) / 5;
  }
  return due;
}

void LeaseWatch::on_renewed(LeaseId lease, std::chrono::milliseconds ttl, Instant sent) {
  const auto it = leases_.find(lease);
  if (it == leases_.end() || it->second.lost) return;
  Entry& entry = it->second;
  if (ttl.count() == 0) {
    entry.lost = true;
    return;
  }
  entry.ttl = std::min(entry.ttl, ttl);
  entry.acknowledged = std::max(entry.acknowledged, sent);
}

void LeaseWatch::on_renewal_failed(LeaseId lease, Instant now) {
  const auto it = leases_.find(lease);
  if (it != leases_.end()) it->second.next_renewal = std::min(it->second.next_renewal, now + retry_pause);
}

Instant LeaseWatch::lost_at(const Entry& entry) const {
  const Duration ttl = entry.ttl;
  const Duration drift = ttl / 1'000'000 * (2 * static_cast<std::int64_t>(drift_ppm_));
  return entry.acknowledged + ttl - drift - margin;
}

LeaseHealth LeaseWatch::judge(const Entry& entry, Instant now) const {
  if (entry.lost || now >= lost_at(entry)) return LeaseHealth::lost;
  return now >= entry.acknowledged + Duration(entry.ttl) / 2 ? LeaseHealth::jeopardy : LeaseHealth::alive;
}

std::vector<LeaseTold> LeaseWatch::take_news(Instant now) {
  std::vector<LeaseTold> news;
  for (auto& [lease, entry] : leases_) {
    const LeaseHealth health = judge(entry, now);
    entry.lost = entry.lost || health == LeaseHealth::lost;
    if (health == entry.told) continue;
    entry.told = health;
    news.push_back({lease, health});
  }
  return news;
}

std::optional<LeaseHealth> LeaseWatch::health(LeaseId lease, Instant now) const {
  const auto it = leases_.find(lease);
  return it == leases_.end() ? std::nullopt : std::optional(judge(it->second, now));
}

std::optional<Instant> LeaseWatch::deadline(LeaseId lease) const {
  const auto it = leases_.find(lease);
  return it == leases_.end() ? std::nullopt : std::optional(lost_at(it->second));
}

std::optional<Instant> LeaseWatch::next_deadline() const {
  std::optional<Instant> earliest;
  const auto consider = [&](Instant at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  for (const auto& [lease, entry] : leases_) {
    if (entry.told == LeaseHealth::lost) continue;
    consider(entry.next_renewal);
    consider(entry.told == LeaseHealth::alive ? entry.acknowledged + Duration(entry.ttl) / 2 : lost_at(entry));
    consider(lost_at(entry));
  }
  return earliest;
}

}  // namespace conclave::client
