#include "conclave/scheduler_core/placement.hpp"

#include <algorithm>
#include <tuple>

namespace conclave::scheduler {
namespace {

void take(Resources& free, const Resources& wanted) {
  const auto less = [](std::uint64_t& of, std::uint64_t by) { of -= std::min(of, by); };
  less(free.cpu_milli, wanted.cpu_milli);
  less(free.memory_mib, wanted.memory_mib);
  less(free.slots, wanted.slots);
}

void give(Resources& free, const Resources& back) {
  free.cpu_milli += back.cpu_milli;
  free.memory_mib += back.memory_mib;
  free.slots += back.slots;
}

/// How full the fullest resource would be, in thousandths.
std::uint64_t fullness(const Resources& capacity, Resources free, const Resources& wanted) {
  take(free, wanted);
  const auto part = [](std::uint64_t whole, std::uint64_t left) {
    return whole == 0 ? 0 : (whole - std::min(whole, left)) * 1000 / whole;
  };
  return std::max(
      {part(capacity.cpu_milli, free.cpu_milli), part(capacity.memory_mib, free.memory_mib), part(capacity.slots, free.slots)});
}

const std::string& label_of(const AgentRecord& record, const std::string& name) {
  static const std::string none;
  const auto found = record.labels.find(name);
  return found == record.labels.end() ? none : found->second;
}

}  // namespace

Placement::Placement(const Picture& picture) {
  for (const auto& [name, agent] : picture.agents)
    if (!agent.record.leaving && !picture.drains.contains(name)) hosts_[name] = Host{&agent.record, agent.record.capacity, {}, {}};
  for (const auto& [name, job] : picture.jobs) {
    if (!is_active(job.record.phase)) continue;
    const auto host = hosts_.find(job.record.agent);
    const Spec* const spec = picture.spec_of(name);
    if (host != hosts_.end() && spec != nullptr) seat(host->second, name, *spec);
  }
}

void Placement::seat(Host& host, std::string job, const Spec& spec) {
  take(host.free, spec.resources);
  if (!spec.anti_affinity.empty()) host.groups.insert(spec.anti_affinity);
  if (!spec.spread.empty()) ++spread_[spec.id][label_of(*host.record, spec.spread)];
  host.seats.push_back({std::move(job), &spec});
}

bool Placement::fits(const Resources& free, const Resources& wanted) {
  return free.cpu_milli >= wanted.cpu_milli && free.memory_mib >= wanted.memory_mib && free.slots >= wanted.slots;
}

bool Placement::admits(const Host& host, const Spec& spec) {
  const auto has = [&](const auto& wanted) {
    const auto found = host.record->labels.find(wanted.first);
    return found != host.record->labels.end() && found->second == wanted.second;
  };
  return std::all_of(spec.labels.begin(), spec.labels.end(), has);
}

std::size_t Placement::neighbours(const Host& host, const Spec& spec) const {
  if (spec.spread.empty()) return 0;
  const auto values = spread_.find(spec.id);
  if (values == spread_.end()) return 0;
  const auto count = values->second.find(label_of(*host.record, spec.spread));
  return count == values->second.end() ? 0 : count->second;
}

std::optional<std::string> Placement::place(const Spec& spec) {
  using Cost = std::tuple<std::size_t, std::uint64_t>;
  std::optional<Cost> best;
  auto chosen = hosts_.end();
  for (auto host = hosts_.begin(); host != hosts_.end(); ++host) {
    if (!fits(host->second.free, spec.resources) || !admits(host->second, spec)) continue;
    if (!spec.anti_affinity.empty() && host->second.groups.contains(spec.anti_affinity)) continue;
    const Cost cost{neighbours(host->second, spec), fullness(host->second.record->capacity, host->second.free, spec.resources)};
    if (best && *best <= cost) continue;
    best = cost;
    chosen = host;
  }
  if (chosen == hosts_.end()) return std::nullopt;
  seat(chosen->second, {}, spec);
  return chosen->first;
}

std::optional<Placement::Eviction> Placement::make_room(const Spec& spec) const {
  std::optional<Eviction> best;
  for (const auto& [name, host] : hosts_) {
    if (!admits(host, spec)) continue;
    std::vector<Seat> seats = host.seats;
    std::stable_sort(seats.begin(), seats.end(), [](const Seat& a, const Seat& b) { return a.spec->priority < b.spec->priority; });
    Resources free = host.free;
    auto groups = host.groups;
    Eviction eviction{name, {}};
    const auto is_room = [&] {
      return fits(free, spec.resources) && (spec.anti_affinity.empty() || !groups.contains(spec.anti_affinity));
    };
    for (const Seat& seat : seats) {
      if (is_room() || seat.spec->priority >= spec.priority) break;
      if (seat.job.empty()) continue;  // placed in this round: it is not there yet
      give(free, seat.spec->resources);
      if (const auto group = groups.find(seat.spec->anti_affinity); group != groups.end()) groups.erase(group);
      eviction.jobs.push_back(seat.job);
    }
    if (is_room() && !eviction.jobs.empty() && (!best || eviction.jobs.size() < best->jobs.size())) best = std::move(eviction);
  }
  return best;
}

}  // namespace conclave::scheduler
