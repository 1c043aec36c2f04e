#include "conclave/recipes/reboot_lock.hpp"

#include <algorithm>
#include <fstream>

#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/reboot_lock.hpp"
#include "hold_access.hpp"

namespace conclave::recipes {
namespace {

std::string first_line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

core::Machine machine_of(const RebootLockOptions& options) {
  const std::string owner = default_owner();
  return {options.machine.empty() ? first_line_of("/etc/machine-id") : options.machine,
          options.boot.empty() ? first_line_of("/proc/sys/kernel/random/boot_id") : options.boot,
          options.host.empty() ? owner.substr(0, owner.rfind(':')) : options.host};
}

Result<void> check(const std::string& group, const core::Machine& machine, const RebootLockOptions& options) {
  if (const auto name = core::check_name(group); !name) return name;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (machine.id.empty() || machine.id.size() > 128 || !std::all_of(machine.id.begin(), machine.id.end(), allowed))
    return fail(Errc::invalid_argument, "the machine's id '" + machine.id + "' is not of letters, digits and .-_");
  if (machine.boot.empty()) return fail(Errc::invalid_argument, "the boot's id is not known");
  if (options.slots > 1000) return fail(Errc::invalid_argument, "a group has at most 1000 slots");
  return {};
}

std::chrono::system_clock::time_point at(std::int64_t millis) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(millis));
}

RebootSlot slot_of(const core::RebootHolding& holding, const core::Machine& self) {
  RebootSlot slot;
  slot.machine = holding.record.machine;
  slot.boot = holding.record.boot;
  slot.host = holding.record.host;
  slot.reason = holding.record.reason;
  slot.since = at(holding.record.at_millis);
  if (holding.record.deadline_millis != 0) slot.deadline = at(holding.record.deadline_millis);
  slot.guard = holding.guard;
  slot.is_overdue = slot.deadline && *slot.deadline < std::chrono::system_clock::now();
  slot.has_rebooted = slot.machine == self.id && slot.boot != self.boot;
  return slot;
}

}  // namespace

struct RebootLock::State {
  State(Client& client, const std::string& group, const RebootLockOptions& options)
      : base(client),
        machine(machine_of(options)),
        valid(check(group, machine, options)),
        lock(base.hub, {options.ttl, machine.host}, core::key_of(core::kind::reboot, group), machine, options.slots) {}

  Result<void> change(const core::RebootLock::Change& change, const Wait& wait) const {
    if (!valid) return valid;
    return without_value(run_and_wait<bool>(
        base.loop, wait, [lock_now = lock, change](core::Call call) { return lock_now.change(change, std::move(call)); }));
  }

  Base base;
  core::Machine machine;
  Result<void> valid;
  core::RebootLock lock;
};

RebootLock::RebootLock(Client& client, std::string group, RebootLockOptions options)
    : state_(std::make_unique<State>(client, group, options)) {}
RebootLock::RebootLock(RebootLock&&) noexcept = default;
RebootLock& RebootLock::operator=(RebootLock&&) noexcept = default;
RebootLock::~RebootLock() = default;

void RebootLock::acquire(std::function<void(Result<RebootSlot>)> done, std::string reason,
                         std::optional<std::chrono::system_clock::time_point> deadline, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  const std::int64_t millis =
      deadline ? std::chrono::duration_cast<std::chrono::milliseconds>(deadline->time_since_epoch()).count() : 0;
  run<core::RebootHolding>(
      state_->base.loop, wait,
      [lock = state_->lock, reason = std::move(reason), millis](core::Call call) {
        return lock.acquire(reason, millis, std::move(call));
      },
      [machine = state_->machine, done = std::move(done)](const Result<core::RebootHolding>& holding) {
        if (!holding) return done(fail(holding.error()));
        done(slot_of(*holding, machine));
      });
}
Result<RebootSlot> RebootLock::acquire(std::string reason, std::optional<std::chrono::system_clock::time_point> deadline,
                                       Wait wait) {
  return blocking<RebootSlot>(*state_->base.loop, [&](auto done) { acquire(std::move(done), std::move(reason), deadline, wait); });
}

Result<std::optional<RebootSlot>> RebootLock::mine(Wait wait) {
  if (!state_->valid) return fail(state_->valid.error());
  const auto found = run_and_wait<std::optional<core::RebootHolding>>(
      state_->base.loop, wait, [lock = state_->lock](core::Call call) { return lock.mine(std::move(call)); });
  if (!found) return fail(found.error());
  if (!*found) return std::optional<RebootSlot>();
  return slot_of(**found, state_->machine);
}

void RebootLock::release(std::function<void(Result<void>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<bool>(
      state_->base.loop, wait, [lock = state_->lock](core::Call call) { return lock.release(std::move(call)); },
      [done = std::move(done)](const Result<bool>& released) { done(without_value(released)); });
}
Result<void> RebootLock::release(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { release(std::move(done), wait); });
}

Result<void> RebootLock::evict(std::string machine, Wait wait) {
  if (!state_->valid) return state_->valid;
  return without_value(run_and_wait<bool>(
      state_->base.loop, wait, [lock = state_->lock, machine](core::Call call) { return lock.evict(machine, std::move(call)); }));
}

Result<void> RebootLock::pause(Wait wait) { return state_->change({{}, true}, wait); }
Result<void> RebootLock::resume(Wait wait) { return state_->change({{}, false}, wait); }
Result<void> RebootLock::resize(std::uint64_t slots, Wait wait) {
  if (slots > 1000) return fail(Errc::invalid_argument, "a group has at most 1000 slots");
  return state_->change({slots, {}}, wait);
}

Result<RebootStatus> RebootLock::status(Wait wait) {
  if (!state_->valid) return fail(state_->valid.error());
  const auto view = run_and_wait<core::RebootView>(state_->base.loop, wait,
                                                   [lock = state_->lock](core::Call call) { return lock.view(std::move(call)); });
  if (!view) return fail(view.error());
  RebootStatus status;
  status.slots = view->budget.slots;
  status.paused = view->budget.paused;
  status.over_committed = view->over_committed;
  for (const auto& holding : view->holders) status.holders.push_back(slot_of(holding, state_->machine));
  status.waiters = holders_of(view->waiters);
  return status;
}

}  // namespace conclave::recipes
