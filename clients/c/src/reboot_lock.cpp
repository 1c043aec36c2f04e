#include "conclave/recipes/reboot_lock.hpp"

#include "conclave/c/reboot.h"
#include "held.hpp"

struct conclave_reboot_lock : conclave::c::RecipeHandle<conclave::recipes::RebootLock> {
  using RecipeHandle::RecipeHandle;
};

namespace conclave::c {
namespace {

using recipes::RebootSlot;
using recipes::RebootStatus;
using recipes::Wait;
using MaybeSlot = std::optional<RebootSlot>;
using Done = std::function<void(Result<void>)>;
using Time = std::chrono::system_clock::time_point;

std::optional<Time> deadline_of(std::int64_t unix_ms) {
  if (unix_ms == 0) return std::nullopt;
  return Time(std::chrono::milliseconds(unix_ms));
}

/// A slot and its C view, which is what the program holds.
struct OwnedSlot : conclave_reboot_slot {
  explicit OwnedSlot(RebootSlot slot) : conclave_reboot_slot{}, source(std::move(slot)) {
    machine = source.machine.c_str();
    boot = source.boot.c_str();
    host = source.host.c_str();
    reason = source.reason.c_str();
    since_unix_ms = unix_millis(source.since);
    deadline_unix_ms = source.deadline ? unix_millis(*source.deadline) : 0;
    is_overdue = source.is_overdue;
    has_rebooted = source.has_rebooted;
    guard = guard_of(source.guard);
  }
  RebootSlot source;
};

}  // namespace
}  // namespace conclave::c

struct conclave_reboot_status {
  explicit conclave_reboot_status(conclave::recipes::RebootStatus status)
      : slots(status.slots), paused(status.paused), over_committed(status.over_committed), waiters(std::move(status.waiters)) {
    for (auto& slot : status.holders) holders.push_back(std::make_unique<conclave::c::OwnedSlot>(std::move(slot)));
  }
  std::uint64_t slots;
  bool paused;
  std::uint64_t over_committed;
  std::vector<std::unique_ptr<conclave::c::OwnedSlot>> holders;
  conclave_line waiters;
};

namespace conclave::c {
namespace {

using SlotPtr = std::unique_ptr<conclave_reboot_slot, void (*)(conclave_reboot_slot*)>;
using SlotResult = Result<SlotPtr>;

SlotResult to_slot(const Operations&, RebootSlot slot) {
  return SlotPtr(new OwnedSlot(std::move(slot)), conclave_reboot_slot_free);
}
SlotResult to_maybe_slot(const Operations&, MaybeSlot slot) {
  return SlotPtr(slot ? new OwnedSlot(std::move(*slot)) : nullptr, conclave_reboot_slot_free);
}
Result<std::unique_ptr<conclave_reboot_status>> to_status(const Operations&, RebootStatus status) {
  return std::make_unique<conclave_reboot_status>(std::move(status));
}

auto acquire_of(conclave_reboot_lock* lock, const char* reason, std::int64_t deadline) {
  return [=](Arguments&) {
    return [lock, reason = Arguments::text(reason), deadline](const Wait& wait, std::function<void(Result<RebootSlot>)> done) {
      lock->recipe.acquire(std::move(done), reason, deadline_of(deadline), wait);
    };
  };
}
auto mine_of(conclave_reboot_lock* lock) {
  return [lock](const Wait& wait, std::function<void(Result<MaybeSlot>)> done) { lock->recipe.mine(std::move(done), wait); };
}
auto release_of(conclave_reboot_lock* lock) {
  return [lock](const Wait& wait, Done done) { lock->recipe.release(std::move(done), wait); };
}
auto evict_of(conclave_reboot_lock* lock, const char* machine) {
  return [=](Arguments& in) {
    in.require(machine != nullptr, "machine is NULL");
    return [lock, id = Arguments::text(machine)](const Wait& wait, Done done) { lock->recipe.evict(std::move(done), id, wait); };
  };
}
auto pause_of(conclave_reboot_lock* lock, bool paused) {
  return [lock, paused](const Wait& wait, Done done) {
    paused ? lock->recipe.pause(std::move(done), wait) : lock->recipe.resume(std::move(done), wait);
  };
}
auto resize_of(conclave_reboot_lock* lock, std::uint64_t slots) {
  return [lock, slots](const Wait& wait, Done done) { lock->recipe.resize(std::move(done), slots, wait); };
}
auto status_of(conclave_reboot_lock* lock) {
  return [lock](const Wait& wait, std::function<void(Result<RebootStatus>)> done) { lock->recipe.status(std::move(done), wait); };
}

recipes::RebootLockOptions options_of(Arguments& in, const conclave_reboot_options* given) {
  const conclave_reboot_options from = in.options(given);
  in.require(from.ttl_ms >= 0, "ttl_ms is negative");
  recipes::RebootLockOptions to;
  if (from.slots > 0) to.slots = from.slots;
  if (from.ttl_ms > 0) to.ttl = std::chrono::milliseconds(from.ttl_ms);
  to.machine = Arguments::text(from.machine);
  to.boot = Arguments::text(from.boot);
  to.host = Arguments::text(from.host);
  return to;
}

conclave_code make(conclave_client* client, const char* group, const conclave_reboot_options* given, conclave_reboot_lock** lock,
                   conclave_error* error) {
  Arguments in;
  in.require(client != nullptr, "client is NULL");
  in.require(group != nullptr, "group is NULL");
  in.require(lock != nullptr, "the out parameter is NULL");
  auto options = options_of(in, given);
  if (in.error()) return report(error, *in.error());
  *lock = new conclave_reboot_lock(client, std::string(group), std::move(options));
  return report_success(error);
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_reboot_lock_new(conclave_client* client, const char* group, const conclave_reboot_options* options,
                                       conclave_reboot_lock** lock, conclave_error* error) {
  return guarded(error, [&] { return make(client, group, options, lock, error); });
}
void conclave_reboot_lock_free(conclave_reboot_lock* lock) { delete lock; }
conclave_code conclave_reboot_lock_acquire(conclave_reboot_lock* lock, const char* reason, int64_t deadline_unix_ms,
                                           int64_t timeout_ms, conclave_stop* stop, conclave_reboot_slot** slot,
                                           conclave_error* error) {
  return take<RebootSlot>(lock, timeout_ms, stop, slot, error, acquire_of(lock, reason, deadline_unix_ms), to_slot);
}
conclave_code conclave_reboot_lock_acquire_async(conclave_reboot_lock* lock, const char* reason, int64_t deadline_unix_ms,
                                                 int64_t timeout_ms, conclave_stop* stop, conclave_reboot_slot_callback done,
                                                 void* user) {
  return take_async<RebootSlot>(lock, timeout_ms, stop, acquire_of(lock, reason, deadline_unix_ms), done, user, to_slot);
}
conclave_code conclave_reboot_lock_mine(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_reboot_slot** slot,
                                        conclave_error* error) {
  return take<MaybeSlot>(lock, timeout_ms, nullptr, slot, error, mine_of(lock), to_maybe_slot);
}
conclave_code conclave_reboot_lock_mine_async(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_reboot_slot_callback done,
                                              void* user) {
  return take_async<MaybeSlot>(lock, timeout_ms, nullptr, mine_of(lock), done, user, to_maybe_slot);
}
conclave_code conclave_reboot_lock_release(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_error* error) {
  return carry_out(lock, timeout_ms, nullptr, error, release_of(lock));
}
conclave_code conclave_reboot_lock_release_async(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_done_callback done,
                                                 void* user) {
  return carry_out_async(lock, timeout_ms, nullptr, release_of(lock), done, user);
}
conclave_code conclave_reboot_lock_evict(conclave_reboot_lock* lock, const char* machine, int64_t timeout_ms,
                                         conclave_error* error) {
  return carry_out(lock, timeout_ms, nullptr, error, evict_of(lock, machine));
}
conclave_code conclave_reboot_lock_evict_async(conclave_reboot_lock* lock, const char* machine, int64_t timeout_ms,
                                               conclave_done_callback done, void* user) {
  return carry_out_async(lock, timeout_ms, nullptr, evict_of(lock, machine), done, user);
}
conclave_code conclave_reboot_lock_pause(conclave_reboot_lock* lock, bool paused, int64_t timeout_ms, conclave_error* error) {
  return carry_out(lock, timeout_ms, nullptr, error, pause_of(lock, paused));
}
conclave_code conclave_reboot_lock_pause_async(conclave_reboot_lock* lock, bool paused, int64_t timeout_ms,
                                               conclave_done_callback done, void* user) {
  return carry_out_async(lock, timeout_ms, nullptr, pause_of(lock, paused), done, user);
}
conclave_code conclave_reboot_lock_resize(conclave_reboot_lock* lock, uint64_t slots, int64_t timeout_ms, conclave_error* error) {
  return carry_out(lock, timeout_ms, nullptr, error, resize_of(lock, slots));
}
conclave_code conclave_reboot_lock_resize_async(conclave_reboot_lock* lock, uint64_t slots, int64_t timeout_ms,
                                                conclave_done_callback done, void* user) {
  return carry_out_async(lock, timeout_ms, nullptr, resize_of(lock, slots), done, user);
}
void conclave_reboot_slot_free(conclave_reboot_slot* slot) { delete static_cast<OwnedSlot*>(slot); }

conclave_code conclave_reboot_lock_status(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_reboot_status** status,
                                          conclave_error* error) {
  return take<RebootStatus>(lock, timeout_ms, nullptr, status, error, status_of(lock), to_status);
}
conclave_code conclave_reboot_lock_status_async(conclave_reboot_lock* lock, int64_t timeout_ms,
                                                conclave_reboot_status_callback done, void* user) {
  return take_async<RebootStatus>(lock, timeout_ms, nullptr, status_of(lock), done, user, to_status);
}
void conclave_reboot_status_free(conclave_reboot_status* status) { delete status; }
uint64_t conclave_reboot_status_slots(const conclave_reboot_status* status) { return status == nullptr ? 0 : status->slots; }
bool conclave_reboot_status_paused(const conclave_reboot_status* status) { return status != nullptr && status->paused; }
uint64_t conclave_reboot_status_over_committed(const conclave_reboot_status* status) {
  return status == nullptr ? 0 : status->over_committed;
}
size_t conclave_reboot_status_holders(const conclave_reboot_status* status) {
  return status == nullptr ? 0 : status->holders.size();
}
const conclave_reboot_slot* conclave_reboot_status_holder(const conclave_reboot_status* status, size_t position) {
  return position < conclave_reboot_status_holders(status) ? status->holders[position].get() : nullptr;
}
const conclave_line* conclave_reboot_status_waiters(const conclave_reboot_status* status) {
  return status == nullptr ? nullptr : &status->waiters;
}

}  // extern "C"
