#include "lease_watch.hpp"

#include <algorithm>

namespace conclave::client {
namespace {
constexpr Duration margin = milliseconds(50);
constexpr Duration retry_pause = milliseconds(100);
}  // namespace

void LeaseWatch::set_wake(LeaseId lease, Entry& entry) {
  if (entry.wake) wakes_.erase({*entry.wake, lease});
  entry.wake.reset();
  if (entry.told == LeaseHealth::lost) return;
  const Instant worse = entry.told == LeaseHealth::alive ? entry.acknowledged + Duration(entry.ttl) / 2 : lost_at(entry);
  entry.wake = std::min({entry.next_renewal, worse, lost_at(entry)});
  wakes_.emplace(*entry.wake, lease);
}

std::vector<LeaseId> LeaseWatch::reached(Instant now) const {
  std::vector<LeaseId> leases;
  for (auto it = wakes_.begin(); it != wakes_.end() && it->first <= now; ++it) leases.push_back(it->second);
  std::sort(leases.begin(), leases.end());
  return leases;
}

void LeaseWatch::add(LeaseId lease, std::chrono::milliseconds ttl, Instant sent) {
  remove(lease);
  Entry& entry = leases_[lease];
  entry = {ttl, sent, sent + Duration(ttl) / 5, LeaseHealth::alive, false, {}};
  set_wake(lease, entry);
  extended_.push_back(lease);
}

void LeaseWatch::remove(LeaseId lease) {
  const auto it = leases_.find(lease);
  if (it == leases_.end()) return;
  if (it->second.wake) wakes_.erase({*it->second.wake, lease});
  leases_.erase(it);
}

std::vector<LeaseId> LeaseWatch::take_due(Instant now) {
  std::vector<LeaseId> due;
  for (const LeaseId lease : reached(now)) {
    Entry& entry = leases_.at(lease);
    if (entry.lost || now < entry.next_renewal) continue;
    due.push_back(lease);
    entry.next_renewal = now + Duration(entry.ttl) / 5;
    set_wake(lease, entry);
  }
  return due;
}

void LeaseWatch::on_renewed(LeaseId lease, std::chrono::milliseconds ttl, Instant sent) {
  const auto it = leases_.find(lease);
  if (it == leases_.end() || it->second.lost) return;
  Entry& entry = it->second;
  touched_.push_back(lease);
  if (ttl.count() == 0) {
    entry.lost = true;
    return;
  }
  entry.ttl = std::min(entry.ttl, ttl);
  entry.acknowledged = std::max(entry.acknowledged, sent);
  set_wake(lease, entry);
  extended_.push_back(lease);
}

void LeaseWatch::on_renewal_failed(LeaseId lease, Instant now) {
  const auto it = leases_.find(lease);
  if (it == leases_.end()) return;
  it->second.next_renewal = std::min(it->second.next_renewal, now + retry_pause);
  set_wake(lease, it->second);
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
  std::vector<LeaseId> concerned = reached(now);
  concerned.insert(concerned.end(), touched_.begin(), touched_.end());
  touched_.clear();
  std::sort(concerned.begin(), concerned.end());
  concerned.erase(std::unique(concerned.begin(), concerned.end()), concerned.end());
  std::vector<LeaseTold> news;
  for (const LeaseId lease : concerned) {
    const auto it = leases_.find(lease);
    if (it == leases_.end()) continue;
    Entry& entry = it->second;
    const LeaseHealth health = judge(entry, now);
    entry.lost = entry.lost || health == LeaseHealth::lost;
    if (health == entry.told) continue;
    entry.told = health;
    set_wake(lease, entry);
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
  return wakes_.empty() ? std::nullopt : std::optional(wakes_.begin()->first);
}

}  // namespace conclave::client
