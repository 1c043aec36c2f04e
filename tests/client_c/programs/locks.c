/* Mutexes, read-write locks and semaphores: taken, waited for, called off, lost, and what guards do. Argument: the endpoints. */
#include "check.h"

typedef struct waiter {
  signal_box box;
  conclave_error error;
  conclave_hold* hold;
} waiter;

static void on_taken(void* user, const conclave_error* error, conclave_hold* hold) {
  waiter* const mine = user;
  mine->error = *error;
  mine->hold = hold;
  box_raise(&mine->box);
}

static conclave_mutex* new_mutex(conclave_client* client, const char* name) {
  conclave_error error;
  conclave_lock_options options = CONCLAVE_LOCK_OPTIONS;
  options.owner = "me";
  options.note = "a test";
  options.ttl_ms = 20000;
  conclave_mutex* mutex = NULL;
  WORKS(conclave_mutex_new(client, name, &options, &mutex, &error));
  return mutex;
}

static void one_has_it_and_the_next_waits(conclave_client* client, conclave_client* other) {
  conclave_error error;
  conclave_mutex* const here = new_mutex(client, "c/one");
  conclave_mutex* const there = new_mutex(other, "c/one");
  conclave_hold* first = NULL;
  WORKS(conclave_mutex_lock(here, 20000, NULL, &first, &error));
  CHECK(conclave_hold_is_held(first) && conclave_hold_certain_for_ms(first) > 0 && conclave_hold_token(first) > 0);

  conclave_hold* none = NULL;
  CHECK(conclave_mutex_try_lock(there, 20000, &none, &error) == CONCLAVE_HELD && none == NULL);
  CHECK(error.certainty == CONCLAVE_DEFINITE);
  CHECK(conclave_mutex_lock(there, 50, NULL, &none, &error) == CONCLAVE_DEADLINE_EXCEEDED && none == NULL);

  waiter next;
  box_init(&next.box);
  CHECK(conclave_mutex_lock_async(there, CONCLAVE_FOREVER, NULL, on_taken, &next) == CONCLAVE_OK);
  for (size_t waiting = 0; waiting < 2;) { /* until the other one stands in line */
    conclave_line* line = NULL;
    WORKS(conclave_mutex_line(here, 20000, &line, &error));
    waiting = conclave_line_size(line);
    CHECK(conclave_line_holders(line) == 1 && conclave_line_at(line, 0)->token == conclave_hold_token(first));
    CHECK(strcmp(conclave_line_at(line, 0)->owner, "me") == 0 && strcmp(conclave_line_at(line, 0)->note, "a test") == 0);
    conclave_line_free(line);
  }
  conclave_guard const* const guard = conclave_hold_guard(first);
  conclave_put_options guarded = CONCLAVE_PUT_OPTIONS;
  guarded.guards = guard;
  guarded.guards_size = 1;
  WORKS(conclave_put(client, conclave_text("c/data"), conclave_text("1"), &guarded, 20000, NULL, &error));
  WORKS(conclave_hold_release(first, 20000, &error));
  CHECK(!conclave_hold_is_held(first) && conclave_hold_certain_for_ms(first) == 0);

  box_await(&next.box, 1);
  CHECK(next.error.code == CONCLAVE_OK && conclave_hold_token(next.hold) > conclave_hold_token(first));
  CHECK(conclave_put(client, conclave_text("c/data"), conclave_text("2"), &guarded, 20000, NULL, &error) == CONCLAVE_FENCED);
  conclave_hold_free(first);
  conclave_hold_free(next.hold);
  box_end(&next.box);
  conclave_mutex_free(there);
  conclave_mutex_free(here);
}

static int raise_stop(void* user) {
  conclave_stop_raise(user);
  return 0;
}

static void a_wait_is_called_off(conclave_client* client) {
  conclave_error error;
  conclave_mutex* const mutex = new_mutex(client, "c/off");
  conclave_hold* hold = NULL;
  WORKS(conclave_mutex_lock(mutex, 20000, NULL, &hold, &error));
  conclave_stop* const stop = conclave_stop_new();
  thrd_t thread;
  CHECK(thrd_create(&thread, raise_stop, stop) == thrd_success);
  conclave_hold* none = NULL;
  CHECK(conclave_mutex_lock(mutex, CONCLAVE_FOREVER, stop, &none, &error) == CONCLAVE_CANCELLED && none == NULL);
  CHECK(error.certainty == CONCLAVE_DEFINITE);
  CHECK(thrd_join(thread, NULL) == thrd_success);
  conclave_stop_free(stop);

  /* Freeing the mutex calls off what waits with it, before it returns; what is held stays held. */
  waiter left;
  box_init(&left.box);
  CHECK(conclave_mutex_lock_async(mutex, CONCLAVE_FOREVER, NULL, on_taken, &left) == CONCLAVE_OK);
  conclave_mutex_free(mutex);
  CHECK(left.box.count == 1 && left.error.code == CONCLAVE_CANCELLED && left.hold == NULL);
  CHECK(conclave_hold_is_held(hold));
  conclave_hold_free(hold);
  box_end(&left.box);
}

static void on_lost(void* user) { box_raise(user); }

static void who_loses_its_lease_is_told(conclave_client* client) {
  conclave_error error;
  conclave_mutex* const mutex = new_mutex(client, "c/lost");
  conclave_hold* hold = NULL;
  WORKS(conclave_mutex_lock(mutex, 20000, NULL, &hold, &error));
  signal_box box;
  box_init(&box);
  CHECK(conclave_hold_on_lost(hold, on_lost, &box) == CONCLAVE_OK);
  CHECK(conclave_hold_on_lost(hold, NULL, &box) == CONCLAVE_INVALID_ARGUMENT);
  WORKS(conclave_lease_revoke(client, conclave_hold_guard(hold)->lease, 20000, NULL, &error));
  box_await(&box, 1);
  CHECK(!conclave_hold_is_held(hold));
  conclave_hold_free(hold);
  conclave_mutex_free(mutex);
  box_end(&box);
}

static void readers_share_and_a_writer_does_not(conclave_client* client) {
  conclave_error error;
  conclave_rw_lock* lock = NULL;
  WORKS(conclave_rw_lock_new(client, "c/rw", NULL, &lock, &error));
  conclave_hold* reader[2] = {NULL, NULL};
  WORKS(conclave_rw_lock_take(lock, CONCLAVE_RW_READ, 20000, NULL, &reader[0], &error));
  WORKS(conclave_rw_lock_try_take(lock, CONCLAVE_RW_READ, 20000, &reader[1], &error));
  conclave_hold* none = NULL;
  CHECK(conclave_rw_lock_try_take(lock, CONCLAVE_RW_WRITE, 20000, &none, &error) == CONCLAVE_HELD);
  CHECK(conclave_rw_lock_take(lock, (conclave_rw_mode)7, 20000, NULL, &none, &error) == CONCLAVE_INVALID_ARGUMENT);
  waiter writer;
  box_init(&writer.box);
  CHECK(conclave_rw_lock_take_async(lock, CONCLAVE_RW_WRITE, 60000, NULL, on_taken, &writer) == CONCLAVE_OK);
  WORKS(conclave_hold_release(reader[0], 20000, &error));
  WORKS(conclave_hold_release(reader[1], 20000, &error));
  box_await(&writer.box, 1);
  CHECK(writer.error.code == CONCLAVE_OK);
  conclave_line* line = NULL;
  WORKS(conclave_rw_lock_line(lock, 20000, &line, &error));
  CHECK(conclave_line_size(line) == 1 && conclave_line_holders(line) == 1);
  conclave_line_free(line);
  conclave_hold_free(reader[0]);
  conclave_hold_free(reader[1]);
  conclave_hold_free(writer.hold);
  conclave_rw_lock_free(lock);
  box_end(&writer.box);
}

static void slots_are_shared(conclave_client* client) {
  conclave_error error;
  conclave_semaphore* semaphore = NULL;
  WORKS(conclave_semaphore_new(client, "c/slots", 3, NULL, &semaphore, &error));
  conclave_hold* two = NULL;
  conclave_hold* one = NULL;
  conclave_hold* none = NULL;
  WORKS(conclave_semaphore_acquire(semaphore, 2, 20000, NULL, &two, &error));
  WORKS(conclave_semaphore_try_acquire(semaphore, 1, 20000, &one, &error));
  CHECK(conclave_semaphore_try_acquire(semaphore, 1, 20000, &none, &error) == CONCLAVE_HELD && none == NULL);
  WORKS(conclave_semaphore_resize(semaphore, 2, 20000, &error));
  conclave_line* line = NULL;
  WORKS(conclave_semaphore_line(semaphore, 20000, &line, &error));
  CHECK(conclave_line_slots(line) == 2 && conclave_line_held(line) == 3 && conclave_line_over_committed(line) == 1);
  CHECK(conclave_line_holders(line) == 2 && conclave_line_at(line, 0)->weight == 2);
  conclave_line_free(line);
  waiter next;
  box_init(&next.box);
  CHECK(conclave_semaphore_acquire_async(semaphore, 1, 60000, NULL, on_taken, &next) == CONCLAVE_OK);
  WORKS(conclave_hold_release(two, 20000, &error));
  box_await(&next.box, 1);
  CHECK(next.error.code == CONCLAVE_OK && conclave_hold_is_held(next.hold));
  conclave_hold_free(next.hold);
  conclave_hold_free(one);
  conclave_hold_free(two);
  conclave_semaphore_free(semaphore);
  box_end(&next.box);
}

/* The client goes first: everything is told, husks answer, and nothing is left. */
static void the_client_may_go_first(const char* endpoints) {
  conclave_client* const client = open_client(endpoints);
  conclave_error error;
  conclave_mutex* const mutex = new_mutex(client, "c/first");
  conclave_hold* hold = NULL;
  WORKS(conclave_mutex_lock(mutex, 20000, NULL, &hold, &error));
  waiter next;
  box_init(&next.box);
  CHECK(conclave_mutex_lock_async(mutex, CONCLAVE_FOREVER, NULL, on_taken, &next) == CONCLAVE_OK);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  CHECK(next.box.count == 1 && next.error.code != CONCLAVE_OK && next.hold == NULL);
  CHECK(!conclave_hold_is_held(hold));
  CHECK(conclave_mutex_lock(mutex, 100, NULL, &next.hold, &error) == CONCLAVE_SHUTTING_DOWN);
  CHECK(conclave_hold_release(hold, 100, &error) == CONCLAVE_SHUTTING_DOWN);
  conclave_hold_free(hold);
  conclave_mutex_free(mutex);
  box_end(&next.box);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  conclave_client* const client = open_client(argv[1]);
  conclave_client* const other = open_client(argv[1]);
  conclave_error error;
  conclave_mutex* none = NULL;
  CHECK(conclave_mutex_new(client, NULL, NULL, &none, &error) == CONCLAVE_INVALID_ARGUMENT && none == NULL);
  CHECK(conclave_mutex_lock(NULL, 10, NULL, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  one_has_it_and_the_next_waits(client, other);
  a_wait_is_called_off(client);
  who_loses_its_lease_is_told(client);
  readers_share_and_a_writer_does_not(client);
  slots_are_shared(client);
  CHECK(conclave_client_free(other) == CONCLAVE_OK);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  the_client_may_go_first(argv[1]);
  return 0;
}
