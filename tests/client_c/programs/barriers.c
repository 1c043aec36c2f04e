/* Barriers, counters, latches, and reboot locks. Argument: the endpoints. */
#include "check.h"

static void on_done(void* user, const conclave_error* error) {
  CHECK(error->code == CONCLAVE_OK);
  box_raise(user);
}

static void a_closed_barrier_holds_until_it_is_opened(conclave_client* client) {
  conclave_error error;
  conclave_barrier* barrier = NULL;
  WORKS(conclave_barrier_new(client, "c/barrier", &barrier, &error));
  WORKS(conclave_barrier_wait(barrier, 20000, NULL, &error)); /* nobody closed it */
  WORKS(conclave_barrier_close(barrier, 20000, &error));
  CHECK(conclave_barrier_wait(barrier, 50, NULL, &error) == CONCLAVE_DEADLINE_EXCEEDED);
  signal_box box;
  box_init(&box);
  CHECK(conclave_barrier_wait_async(barrier, CONCLAVE_FOREVER, NULL, on_done, &box) == CONCLAVE_OK);
  WORKS(conclave_barrier_open(barrier, 20000, &error));
  box_await(&box, 1);
  box_end(&box);
  conclave_barrier_free(barrier);
}

static void a_counter_counts(conclave_client* client) {
  conclave_error error;
  conclave_counter* counter = NULL;
  int64_t value = 0;
  WORKS(conclave_counter_new(client, "c/counter", 40, &counter, &error));
  WORKS(conclave_counter_get(counter, 20000, &value, &error));
  CHECK(value == 40);
  WORKS(conclave_counter_add(counter, 2, 20000, &value, &error));
  CHECK(value == 42);
  WORKS(conclave_counter_set(counter, -1, 20000, &error));
  WORKS(conclave_counter_get(counter, 20000, &value, &error));
  CHECK(value == -1);
  conclave_counter_free(counter);
}

static void a_latch_opens_at_zero(conclave_client* client) {
  conclave_error error;
  conclave_latch* latch = NULL;
  int64_t left = 0;
  WORKS(conclave_latch_new(client, "c/latch", 2, &latch, &error));
  CHECK(conclave_latch_wait(latch, 50, NULL, &error) == CONCLAVE_DEADLINE_EXCEEDED);
  WORKS(conclave_latch_count_down(latch, 1, 20000, &left, &error));
  CHECK(left == 1);
  WORKS(conclave_latch_count_down(latch, 1, 20000, &left, &error));
  CHECK(left == 0);
  WORKS(conclave_latch_wait(latch, 20000, NULL, &error));
  conclave_latch_free(latch);
}

static conclave_reboot_lock* group_of(conclave_client* client, const char* machine, const char* boot) {
  conclave_error error;
  conclave_reboot_options options = CONCLAVE_REBOOT_OPTIONS;
  options.machine = machine;
  options.boot = boot;
  options.host = "host";
  conclave_reboot_lock* lock = NULL;
  WORKS(conclave_reboot_lock_new(client, "c/group", &options, &lock, &error));
  return lock;
}

static void a_reboot_slot_outlives_its_process(conclave_client* client) {
  conclave_error error;
  conclave_reboot_lock* before = group_of(client, "m1", "boot1");
  conclave_reboot_slot* slot = NULL;
  WORKS(conclave_reboot_lock_acquire(before, "a new kernel", 0, 20000, NULL, &slot, &error));
  CHECK(strcmp(slot->machine, "m1") == 0 && strcmp(slot->reason, "a new kernel") == 0 && !slot->has_rebooted);
  CHECK(slot->guard.lease == 0 && slot->guard.create_revision > 0);
  conclave_reboot_slot_free(slot);
  conclave_reboot_lock_free(before);

  conclave_reboot_lock* const other = group_of(client, "m2", "boot1");
  CHECK(conclave_reboot_lock_acquire(other, "me too", 0, 100, NULL, &slot, &error) == CONCLAVE_DEADLINE_EXCEEDED);
  conclave_reboot_status* status = NULL;
  WORKS(conclave_reboot_lock_status(other, 20000, &status, &error));
  CHECK(conclave_reboot_status_slots(status) == 1 && conclave_reboot_status_holders(status) == 1);
  CHECK(strcmp(conclave_reboot_status_holder(status, 0)->host, "host") == 0);
  CHECK(!conclave_reboot_status_paused(status) && conclave_reboot_status_over_committed(status) == 0);
  conclave_reboot_status_free(status);

  conclave_reboot_lock* const after = group_of(client, "m1", "boot2");
  WORKS(conclave_reboot_lock_mine(after, 20000, &slot, &error));
  CHECK(slot != NULL && slot->has_rebooted);
  conclave_reboot_slot_free(slot);
  WORKS(conclave_reboot_lock_release(after, 20000, &error));
  WORKS(conclave_reboot_lock_mine(after, 20000, &slot, &error));
  CHECK(slot == NULL);
  WORKS(conclave_reboot_lock_acquire(other, "me too", 0, 20000, NULL, &slot, &error));
  conclave_reboot_slot_free(slot);
  WORKS(conclave_reboot_lock_evict(after, "m2", 20000, &error));
  conclave_reboot_lock_free(after);
  conclave_reboot_lock_free(other);
}

int main(int count, char** arguments) {
  CHECK(count == 2);
  conclave_client* const client = open_client(arguments[1]);
  a_closed_barrier_holds_until_it_is_opened(client);
  a_counter_counts(client);
  a_latch_opens_at_zero(client);
  a_reboot_slot_outlives_its_process(client);
  conclave_client_free(client);
  return 0;
}
