/// @file
/// Reboot locks: machines that reboot, at most so many of a group at a time.
#ifndef CONCLAVE_C_REBOOT_H
#define CONCLAVE_C_REBOOT_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The slots of a group of machines. A slot outlives the process that took it and the machine's reboot: it is given back by the
/// same machine after the reboot, or taken away by an operator. Nothing depends on clocks; a deadline only marks a holder as
/// overdue.
typedef struct conclave_reboot_lock conclave_reboot_lock;

/// Which machine this is.
typedef struct conclave_reboot_options {
  size_t struct_size;   ///< set by CONCLAVE_REBOOT_OPTIONS
  uint64_t slots;       ///< of a group that nobody used before; 0: 1
  const char* machine;  ///< letters, digits and ".-_"; NULL: /etc/machine-id
  const char* boot;     ///< NULL: /proc/sys/kernel/random/boot_id
  const char* host;     ///< shown to others; NULL: the host's name
  int64_t ttl_ms;       ///< of a place in the queue only; 0: 10,000
} conclave_reboot_options;
/// Defaults for conclave_reboot_options.
#define CONCLAVE_REBOOT_OPTIONS CONCLAVE_OPTIONS_OF(conclave_reboot_options)

/// A slot that a machine has. Freeing it gives nothing back.
typedef struct conclave_reboot_slot {
  const char* machine;       ///< which machine has it
  const char* boot;          ///< its boot id when it took the slot
  const char* host;          ///< its name
  const char* reason;        ///< as it said
  int64_t since_unix_ms;     ///< when it took the slot, by its own clock
  int64_t deadline_unix_ms;  ///< 0: none
  bool is_overdue;           ///< past its deadline, by this machine's clock, when it was looked at
  bool has_rebooted;         ///< of the own machine: its boot id is another than when it took the slot
  conclave_guard guard;      ///< of lease 0; its create revision is the fencing token
} conclave_reboot_slot;

/// How a group stands.
typedef struct conclave_reboot_status conclave_reboot_status;

/// How a wait for a slot ended, or asking for one; the slot is yours, and NULL if it failed or there is none.
typedef void (*conclave_reboot_slot_callback)(void* user, const conclave_error* error, conclave_reboot_slot* slot);

/// How asking for the status ended; the status is yours, and NULL if it failed.
typedef void (*conclave_reboot_status_callback)(void* user, const conclave_error* error, conclave_reboot_status* status);

/// Makes a reboot lock; asks nobody.
CONCLAVE_API conclave_code conclave_reboot_lock_new(conclave_client* client, const char* group,
                                                    const conclave_reboot_options* options, conclave_reboot_lock** lock,
                                                    conclave_error* error);
/// Ends it, and calls off what waits with it. The machine's slot stays.
CONCLAVE_API void conclave_reboot_lock_free(conclave_reboot_lock* lock);
/// Waits for a slot for this machine; `deadline_unix_ms` 0: none. A slot that it has already is given again, also after the reboot:
/// look at has_rebooted.
CONCLAVE_API conclave_code conclave_reboot_lock_acquire(conclave_reboot_lock* lock, const char* reason, int64_t deadline_unix_ms,
                                                        int64_t timeout_ms, conclave_stop* stop, conclave_reboot_slot** slot,
                                                        conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_acquire_async(conclave_reboot_lock* lock, const char* reason,
                                                              int64_t deadline_unix_ms, int64_t timeout_ms, conclave_stop* stop,
                                                              conclave_reboot_slot_callback done, void* user);
/// What this machine has; `*slot` is NULL if it has none.
CONCLAVE_API conclave_code conclave_reboot_lock_mine(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_reboot_slot** slot,
                                                     conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_mine_async(conclave_reboot_lock* lock, int64_t timeout_ms,
                                                           conclave_reboot_slot_callback done, void* user);
/// Gives this machine's slot back; nothing happens if it has none. CONCLAVE_INVALID_ARGUMENT if it has not rebooted since it took
/// it.
CONCLAVE_API conclave_code conclave_reboot_lock_release(conclave_reboot_lock* lock, int64_t timeout_ms, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_release_async(conclave_reboot_lock* lock, int64_t timeout_ms,
                                                              conclave_done_callback done, void* user);
/// The operator's word: takes a machine's slot away.
CONCLAVE_API conclave_code conclave_reboot_lock_evict(conclave_reboot_lock* lock, const char* machine, int64_t timeout_ms,
                                                      conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_evict_async(conclave_reboot_lock* lock, const char* machine, int64_t timeout_ms,
                                                            conclave_done_callback done, void* user);
/// `paused`: no slot is given until it is called with false.
CONCLAVE_API conclave_code conclave_reboot_lock_pause(conclave_reboot_lock* lock, bool paused, int64_t timeout_ms,
                                                      conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_pause_async(conclave_reboot_lock* lock, bool paused, int64_t timeout_ms,
                                                            conclave_done_callback done, void* user);
/// Changes the number of slots.
CONCLAVE_API conclave_code conclave_reboot_lock_resize(conclave_reboot_lock* lock, uint64_t slots, int64_t timeout_ms,
                                                       conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_resize_async(conclave_reboot_lock* lock, uint64_t slots, int64_t timeout_ms,
                                                             conclave_done_callback done, void* user);
/// Ends a slot that was given; the machine still has it.
CONCLAVE_API void conclave_reboot_slot_free(conclave_reboot_slot* slot);

/// How the group stands.
CONCLAVE_API conclave_code conclave_reboot_lock_status(conclave_reboot_lock* lock, int64_t timeout_ms,
                                                       conclave_reboot_status** status, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_reboot_lock_status_async(conclave_reboot_lock* lock, int64_t timeout_ms,
                                                             conclave_reboot_status_callback done, void* user);
/// Ends it.
CONCLAVE_API void conclave_reboot_status_free(conclave_reboot_status* status);
/// Slots there are.
CONCLAVE_API uint64_t conclave_reboot_status_slots(const conclave_reboot_status* status);
/// Whether it is paused.
CONCLAVE_API bool conclave_reboot_status_paused(const conclave_reboot_status* status);
/// Slots in use beyond the budget, after it became smaller.
CONCLAVE_API uint64_t conclave_reboot_status_over_committed(const conclave_reboot_status* status);
/// How many machines have a slot.
CONCLAVE_API size_t conclave_reboot_status_holders(const conclave_reboot_status* status);
/// One of their slots, which belongs to the status; NULL beyond the end.
CONCLAVE_API const conclave_reboot_slot* conclave_reboot_status_holder(const conclave_reboot_status* status, size_t position);
/// Who waits; belongs to the status.
CONCLAVE_API const conclave_line* conclave_reboot_status_waiters(const conclave_reboot_status* status);

#ifdef __cplusplus
}
#endif

#endif
