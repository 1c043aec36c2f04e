#include "group_history.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include "conclave/locksmith_core/policy.hpp"
#include "conclave/locksmith_core/records.hpp"

namespace conclave::test {

using namespace conclave::locksmith;

namespace {

struct State {
  Policy policy;
  std::map<std::string, KeyValue> slots;
  std::map<std::string, KeyValue> queue;
  [[nodiscard]] std::uint64_t free() const {
    const std::uint64_t slots_now = policy.effective_slots(0);
    return slots_now > slots.size() ? slots_now - slots.size() : 0;
  }
};

void apply(State& state, const Event& event, const std::string& budget) {
  const std::string& key = event.kv.key;
  if (key == budget && event.kind == EventKind::put) state.policy = parse_policy(event.kv.value).value_or(Policy{});
  for (auto [part, rows] : {std::pair{"//slot/", &state.slots}, std::pair{"//queue/", &state.queue}}) {
    if (!key.starts_with(budget + part)) continue;
    if (event.kind == EventKind::put)
      (*rows)[key] = event.kv;
    else
      rows->erase(key);
  }
}

std::string judge_given(const State& before, const State& after, const KeyValue& slot, Revision at) {
  const std::string machine = claim_from_json(slot.value).machine;
  const std::string where = "at revision " + to_string(at) + " " + machine + " gets " + slot.key;
  if (after.slots.size() > after.policy.effective_slots(0))
    return where + ", and " + std::to_string(after.slots.size()) + " have slots";
  if (after.policy.paused) return where + " while the group is paused";
  std::set<std::string> machines;
  for (const auto& [key, kv] : after.slots)
    if (!machines.insert(claim_from_json(kv.value).machine).second) return where + " and has another";
  std::uint64_t older = 0;
  Revision own;
  for (const auto& [key, kv] : before.queue)
    if (claim_from_json(kv.value).machine == machine && !after.queue.contains(key)) own = kv.create_revision;
  for (const auto& [key, kv] : before.queue)
    if (kv.create_revision < own) ++older;
  if (own.is_zero()) return where + " without having queued";
  if (older >= before.free()) return where + ", and " + std::to_string(older) + " have waited longer";
  return {};
}

}  // namespace

GroupHistory read_history(Client& client, Revision last) {
  std::mutex mutex;
  std::condition_variable done;
  GroupHistory history;
  Revision reached;
  WatchOptions options;
  options.keys = Keys::prefix("/conclave/reboot/");
  options.from = Revision(1);
  const Watch watch = client.watch(options, [&](const WatchNotice& notice) {
    const std::lock_guard lock(mutex);
    if (const auto* events = std::get_if<WatchEvents>(&notice)) {
      history.batches.push_back(*events);
      reached = events->revision;
    }
    if (const auto* progress = std::get_if<WatchProgress>(&notice)) reached = progress->revision;
    done.notify_all();
  });
  std::unique_lock lock(mutex);
  done.wait_for(lock, std::chrono::seconds(30), [&] { return reached >= last; });
  return history;
}

std::string judge(const GroupHistory& history, const std::string& group) {
  const std::string budget = "/conclave/reboot/" + group;
  State state;
  for (const WatchEvents& batch : history.batches) {
    const State before = state;
    for (const Event& event : batch.events) apply(state, event, budget);
    for (const Event& event : batch.events) {
      if (!event.is_create() || !event.kv.key.starts_with(budget + "//slot/")) continue;
      if (auto wrong = judge_given(before, state, event.kv, batch.revision); !wrong.empty()) return wrong;
    }
  }
  return {};
}

std::map<std::string, int> slots_taken(const GroupHistory& history, const std::string& group) {
  std::map<std::string, int> taken;
  for (const WatchEvents& batch : history.batches)
    for (const Event& event : batch.events)
      if (event.is_create() && event.kv.key.starts_with("/conclave/reboot/" + group + "//slot/"))
        ++taken[claim_from_json(event.kv.value).machine];
  return taken;
}

}  // namespace conclave::test
