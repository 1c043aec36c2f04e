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

Result<void> check(const std::string& group, const RebootLockOptions& options) {
  if (options.slots > 1000) return fail(Errc::invalid_argument, "a group has at most 1000 slots");
  return core::check_name(group);
}

/// Who only looks at a group or changes its budget need not be one of its machines.
Result<void> check(const core::Machine& machine) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (machine.id.empty() || machine.id.size() > 128 || !std::all_of(machine.id.begin(), machine.id.end(), allowed))
    return fail(Errc::invalid_argument, "the machine's id '" + machine.id + "' is not of letters, digits and .-_");
  if (machine.boot.empty()) return fail(Errc::invalid_argument, "the boot's id is not known");
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

RebootStatus status_of(const core::RebootView& view, const core::Machine& self) {
  RebootStatus status;
  status.slots = view.budget.slots;
  status.paused = view.budget.paused;
  status.over_committed = view.over_committed;
  for (const auto& holding : view.holders) status.holders.push_back(slot_of(holding, self));
  status.waiters = holders_of(view.waiters);
  return status;
}

}  // namespace

struct RebootLock::State {
  State(Client& client, const std::string& group, const RebootLockOptions& options)
      : base(client),
        machine(machine_of(options)),
        valid(check(group, options)),
        may_hold(valid ? check(machine) : valid),
        lock(base.hub, {options.ttl, machine.host}, core::key_of(core::kind::reboot, group), machine, options.slots) {}

  void change(const core::RebootLock::Change& change, std::function<void(Result<void>)> done, const Wait& wait) const {
    if (!valid) return done(valid);
    run_to_end(
        base.loop, wait, [lock_now = lock, change](core::Call call) { return lock_now.change(change, std::move(call)); },
        std::move(done));
  }

  Base base;
  core::Machine machine;
  Result<void> valid;
  Result<void> may_hold;
  core::RebootLock lock;
};

RebootLock::RebootLock(Client& client, std::string group, RebootLockOptions options)
    : state_(std::make_unique<State>(client, group, options)) {}
RebootLock::RebootLock(RebootLock&&) noexcept = default;
RebootLock& RebootLock::operator=(RebootLock&&) noexcept = default;
RebootLock::~RebootLock() = default;

void RebootLock::acquire(std::function<void(Result<RebootSlot>)> done, std::string reason,
                         std::optional<std::chrono::system_clock::time_point> deadline, Wait wait) {
  if (!state_->may_hold) return done(fail(state_->may_hold.error()));
  const std::int64_t millis =
      deadline ? std::chrono::duration_cast<std::chrono::milliseconds>(deadline->time_since_epoch()).count() : 0;
  run_and_convert<core::RebootHolding>(
      state_->base.loop, wait,
      [lock = state_->lock, reason = std::move(reason), millis](core::Call call) {
        return lock.acquire(reason, millis, std::move(call));
      },
      std::move(done), [machine = state_->machine](const core::RebootHolding& holding) { return slot_of(holding, machine); });
}
Result<RebootSlot> RebootLock::acquire(std::string reason, std::optional<std::chrono::system_clock::time_point> deadline,
                                       Wait wait) {
  return blocking<RebootSlot>(*state_->base.loop, [&](auto done) { acquire(std::move(done), std::move(reason), deadline, wait); });
}

void RebootLock::mine(std::function<void(Result<std::optional<RebootSlot>>)> done, Wait wait) {
  if (!state_->may_hold) return done(fail(state_->may_hold.error()));
  run_and_convert<std::optional<core::RebootHolding>>(
      state_->base.loop, wait, [lock = state_->lock](core::Call call) { return lock.mine(std::move(call)); }, std::move(done),
      [machine = state_->machine](const std::optional<core::RebootHolding>& found) {
        return found ? std::optional(slot_of(*found, machine)) : std::nullopt;
      });
}
Result<std::optional<RebootSlot>> RebootLock::mine(Wait wait) {
  return blocking<std::optional<RebootSlot>>(*state_->base.loop, [&](auto done) { mine(std::move(done), wait); });
}

void RebootLock::release(std::function<void(Result<void>)> done, Wait wait) {
  if (!state_->may_hold) return done(state_->may_hold);
  run_to_end(
      state_->base.loop, wait, [lock = state_->lock](core::Call call) { return lock.release(std::move(call)); }, std::move(done));
}
Result<void> RebootLock::release(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { release(std::move(done), wait); });
}

void RebootLock::evict(std::function<void(Result<void>)> done, std::string machine, Wait wait) {
  if (!state_->valid) return done(state_->valid);
  run_to_end(
      state_->base.loop, wait, [lock = state_->lock, machine](core::Call call) { return lock.evict(machine, std::move(call)); },
      std::move(done));
}
Result<void> RebootLock::evict(std::string machine, Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { evict(std::move(done), std::move(machine), wait); });
}

void RebootLock::pause(std::function<void(Result<void>)> done, Wait wait) { state_->change({{}, true}, std::move(done), wait); }
Result<void> RebootLock::pause(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { pause(std::move(done), wait); });
}
void RebootLock::resume(std::function<void(Result<void>)> done, Wait wait) { state_->change({{}, false}, std::move(done), wait); }
Result<void> RebootLock::resume(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { resume(std::move(done), wait); });
}
void RebootLock::resize(std::function<void(Result<void>)> done, std::uint64_t slots, Wait wait) {
  if (slots > 1000) return done(fail(Errc::invalid_argument, "a group has at most 1000 slots"));
  state_->change({slots, {}}, std::move(done), wait);
}
Result<void> RebootLock::resize(std::uint64_t slots, Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { resize(std::move(done), slots, wait); });
}

void RebootLock::status(std::function<void(Result<RebootStatus>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<core::RebootView>(
      state_->base.loop, wait, [lock = state_->lock](core::Call call) { return lock.view(std::move(call)); }, std::move(done),
      [machine = state_->machine](const core::RebootView& view) { return status_of(view, machine); });
}
Result<RebootStatus> RebootLock::status(Wait wait) {
  return blocking<RebootStatus>(*state_->base.loop, [&](auto done) { status(std::move(done), wait); });
}

}  // namespace conclave::recipes
