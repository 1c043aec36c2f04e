/* The forms with callbacks of what asks and disposes: each is told once, with what the blocking form gives. Argument: the
 * endpoints. */
#include "check.h"

/* What a callback was told. */
typedef struct told {
  signal_box box;
  conclave_code code;
  int64_t number;
  void* handle;
} told;

static void on_done(void* user, const conclave_error* error) {
  told* const to = user;
  to->code = error->code;
  box_raise(&to->box);
}
static void on_number(void* user, const conclave_error* error, int64_t value) {
  ((told*)user)->number = value;
  on_done(user, error);
}
static void on_hold(void* user, const conclave_error* error, conclave_hold* hold) {
  ((told*)user)->handle = hold;
  on_done(user, error);
}
static void on_line(void* user, const conclave_error* error, conclave_line* line) {
  ((told*)user)->handle = line;
  on_done(user, error);
}
static void on_slot(void* user, const conclave_error* error, conclave_reboot_slot* slot) {
  ((told*)user)->handle = slot;
  on_done(user, error);
}
static void on_status(void* user, const conclave_error* error, conclave_reboot_status* status) {
  ((told*)user)->handle = status;
  on_done(user, error);
}
static void on_leader(void* user, const conclave_error* error, const conclave_leader* leader) {
  ((told*)user)->number = leader == NULL ? 0 : (int64_t)leader->token;
  on_done(user, error);
}
static void on_pushed(void* user, const conclave_error* error, const conclave_pushed* pushed) {
  ((told*)user)->number = pushed != NULL && pushed->is_new && pushed->id[0] != 0;
  on_done(user, error);
}
static void on_item(void* user, const conclave_error* error, conclave_item* item) {
  ((told*)user)->handle = item;
  on_done(user, error);
}
static void on_counts(void* user, const conclave_error* error, const conclave_queue_counts* counts) {
  ((told*)user)->number = counts == NULL ? -1 : (int64_t)(counts->ready + 10 * counts->taken + 100 * counts->dead);
  on_done(user, error);
}
static void on_page(void* user, const conclave_error* error, conclave_queue_page* page) {
  ((told*)user)->handle = page;
  on_done(user, error);
}
static void on_guard(void* user, const conclave_error* error, const conclave_guard* guard) {
  ((told*)user)->handle = (void*)guard;
  on_done(user, error);
}
static void on_reply(void* user, const conclave_error* error, const conclave_reply* reply) {
  CHECK((reply == NULL) == (error->code != CONCLAVE_OK));
  on_done(user, error);
}

/* The call starts, and its callback is told `expected`. */
#define TELLS(expected, call)        \
  do {                               \
    const int before = to.box.count; \
    to.handle = NULL;                \
    CHECK((call) == CONCLAVE_OK);    \
    box_await(&to.box, before + 1);  \
    CHECK(to.code == (expected));    \
  } while (0)

static void locks(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  conclave_mutex* mutex = NULL;
  WORKS(conclave_mutex_new(client, "f/mutex", NULL, &mutex, &error));
  TELLS(CONCLAVE_OK, conclave_mutex_lock_async(mutex, 20000, NULL, on_hold, &to));
  conclave_hold* const hold = to.handle;
  TELLS(CONCLAVE_OK, conclave_mutex_line_async(mutex, 20000, on_line, &to));
  CHECK(conclave_line_size(to.handle) == 1 && conclave_line_holders(to.handle) == 1);
  conclave_line_free(to.handle);
  TELLS(CONCLAVE_HELD, conclave_mutex_try_lock_async(mutex, 20000, on_hold, &to));
  CHECK(to.handle == NULL);
  TELLS(CONCLAVE_OK, conclave_hold_release_async(hold, 20000, on_done, &to));
  conclave_hold_free(hold);
  CHECK(conclave_mutex_line_async(mutex, 20000, NULL, &to) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_mutex_line_async(NULL, 20000, on_line, &to) == CONCLAVE_INVALID_ARGUMENT);
  conclave_mutex_free(mutex);

  conclave_rw_lock* lock = NULL;
  WORKS(conclave_rw_lock_new(client, "f/rw", NULL, &lock, &error));
  TELLS(CONCLAVE_OK, conclave_rw_lock_take_async(lock, CONCLAVE_RW_READ, 20000, NULL, on_hold, &to));
  conclave_hold* const reader = to.handle;
  TELLS(CONCLAVE_OK, conclave_rw_lock_line_async(lock, 20000, on_line, &to));
  CHECK(conclave_line_holders(to.handle) == 1);
  conclave_line_free(to.handle);
  TELLS(CONCLAVE_HELD, conclave_rw_lock_try_take_async(lock, CONCLAVE_RW_WRITE, 20000, on_hold, &to));
  conclave_hold_free(reader);
  conclave_rw_lock_free(lock);

  conclave_semaphore* slots = NULL;
  WORKS(conclave_semaphore_new(client, "f/slots", 1, NULL, &slots, &error));
  TELLS(CONCLAVE_OK, conclave_semaphore_resize_async(slots, 3, 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_semaphore_line_async(slots, 20000, on_line, &to));
  CHECK(conclave_line_slots(to.handle) == 3 && conclave_line_held(to.handle) == 0);
  conclave_line_free(to.handle);
  conclave_semaphore_free(slots);
  box_end(&to.box);
}

static void gates_and_numbers(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  conclave_barrier* barrier = NULL;
  WORKS(conclave_barrier_new(client, "f/barrier", &barrier, &error));
  TELLS(CONCLAVE_OK, conclave_barrier_close_async(barrier, 20000, on_done, &to));
  CHECK(conclave_barrier_wait(barrier, 50, NULL, &error) != CONCLAVE_OK && error.certainty == CONCLAVE_DEFINITE);
  TELLS(CONCLAVE_OK, conclave_barrier_open_async(barrier, 20000, on_done, &to));
  WORKS(conclave_barrier_wait(barrier, 20000, NULL, &error));
  conclave_barrier_free(barrier);

  conclave_counter* counter = NULL;
  WORKS(conclave_counter_new(client, "f/counter", 0, &counter, &error));
  TELLS(CONCLAVE_OK, conclave_counter_set_async(counter, 5, 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_counter_get_async(counter, 20000, on_number, &to));
  CHECK(to.number == 5);
  TELLS(CONCLAVE_OK, conclave_counter_add_async(counter, -7, 20000, on_number, &to));
  CHECK(to.number == -2);
  conclave_counter_free(counter);

  conclave_latch* latch = NULL;
  WORKS(conclave_latch_new(client, "f/latch", 2, &latch, &error));
  TELLS(CONCLAVE_OK, conclave_latch_count_down_async(latch, 2, 20000, on_number, &to));
  CHECK(to.number == 0);
  TELLS(CONCLAVE_OK, conclave_latch_wait_async(latch, 20000, NULL, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_latch_reset_async(latch, 1, 20000, on_done, &to));
  CHECK(conclave_latch_wait(latch, 50, NULL, &error) != CONCLAVE_OK && error.certainty == CONCLAVE_DEFINITE);
  conclave_latch_free(latch);

  conclave_double_barrier* alone = NULL;
  WORKS(conclave_double_barrier_new(client, "f/double", 1, NULL, &alone, &error));
  TELLS(CONCLAVE_OK, conclave_double_barrier_enter_async(alone, 20000, NULL, on_hold, &to));
  conclave_hold* const inside = to.handle;
  TELLS(CONCLAVE_OK, conclave_double_barrier_leave_async(alone, inside, 20000, NULL, on_done, &to));
  CHECK(!conclave_hold_is_held(inside));
  conclave_hold_free(inside);
  conclave_double_barrier_free(alone);
  box_end(&to.box);
}

static void reboots(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  conclave_reboot_options options = CONCLAVE_REBOOT_OPTIONS;
  options.machine = "m1";
  options.boot = "b1";
  options.host = "host";
  conclave_reboot_lock* lock = NULL;
  WORKS(conclave_reboot_lock_new(client, "f/group", &options, &lock, &error));
  TELLS(CONCLAVE_OK, conclave_reboot_lock_mine_async(lock, 20000, on_slot, &to));
  CHECK(to.handle == NULL);
  TELLS(CONCLAVE_OK, conclave_reboot_lock_acquire_async(lock, "why not", 0, 20000, NULL, on_slot, &to));
  conclave_reboot_slot_free(to.handle);
  TELLS(CONCLAVE_INVALID_ARGUMENT, conclave_reboot_lock_release_async(lock, 20000, on_done, &to)); /* it has not rebooted */
  TELLS(CONCLAVE_OK, conclave_reboot_lock_pause_async(lock, true, 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_reboot_lock_resize_async(lock, 4, 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_reboot_lock_status_async(lock, 20000, on_status, &to));
  CHECK(conclave_reboot_status_slots(to.handle) == 4 && conclave_reboot_status_paused(to.handle));
  CHECK(conclave_reboot_status_holders(to.handle) == 1);
  conclave_reboot_status_free(to.handle);
  TELLS(CONCLAVE_OK, conclave_reboot_lock_pause_async(lock, false, 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_reboot_lock_evict_async(lock, "m1", 20000, on_done, &to));
  TELLS(CONCLAVE_OK, conclave_reboot_lock_mine_async(lock, 20000, on_slot, &to));
  CHECK(to.handle == NULL);
  conclave_reboot_lock_free(lock);
  box_end(&to.box);
}

static void elections(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  conclave_election* race = NULL;
  conclave_leadership* first = NULL;
  WORKS(conclave_election_new(client, "f/race", NULL, &race, &error));
  TELLS(CONCLAVE_OK, conclave_election_leader_async(race, 20000, on_leader, &to));
  CHECK(to.number == 0);
  WORKS(conclave_election_campaign(race, conclave_text("one"), 20000, NULL, &first, &error));
  TELLS(CONCLAVE_OK, conclave_election_leader_async(race, 20000, on_leader, &to));
  CHECK(to.number == (int64_t)conclave_leadership_token(first));
  TELLS(CONCLAVE_OK, conclave_leadership_proclaim_async(first, conclave_text("two"), 20000, on_done, &to));
  const conclave_guard* const guard = conclave_leadership_guard(first);
  WORKS(conclave_election_proclaim(race, guard, conclave_text("three"), 20000, &error));
  conclave_leader* leader = NULL;
  WORKS(conclave_election_leader(race, 20000, &leader, &error));
  CHECK(same(leader->value, "three"));
  conclave_leader_free(leader);
  CHECK(conclave_election_proclaim(race, NULL, conclave_text("x"), 20000, &error) == CONCLAVE_INVALID_ARGUMENT);
  TELLS(CONCLAVE_OK, conclave_leadership_resign_async(first, 20000, on_done, &to));
  CHECK(!conclave_leadership_is_leader(first));
  TELLS(CONCLAVE_FENCED, conclave_election_proclaim_async(race, guard, conclave_text("late"), 20000, on_done, &to));
  conclave_leadership_free(first);
  conclave_election_free(race);
  box_end(&to.box);
}

/* Pushes an item that dies at its first rejection, and rejects it. */
static void let_one_die(conclave_queue* queue, told* seen) {
  told to = *seen;
  box_init(&to.box);
  conclave_push_options once = CONCLAVE_PUSH_OPTIONS;
  once.id = "mortal";
  once.attempts_max = 1;
  TELLS(CONCLAVE_OK, conclave_queue_push_async(queue, conclave_text("x"), &once, 20000, on_pushed, &to));
  CHECK(to.number == 1);
  TELLS(CONCLAVE_OK, conclave_queue_take_async(queue, 0, 20000, NULL, on_item, &to));
  conclave_item* const item = to.handle;
  CHECK(conclave_item_pushed_unix_ms(item) > 0 && conclave_item_pushed_by(item)[0] != 0);
  TELLS(CONCLAVE_OK, conclave_item_reject_async(item, "no", 0, 20000, on_done, &to));
  conclave_item_free(item);
  box_end(&to.box);
}

static void queues(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  conclave_queue* queue = NULL;
  WORKS(conclave_queue_new(client, "f/queue", NULL, &queue, &error));
  TELLS(CONCLAVE_HELD, conclave_queue_try_take_async(queue, 0, 20000, on_item, &to));
  let_one_die(queue, &to);
  TELLS(CONCLAVE_OK, conclave_queue_count_async(queue, 20000, on_counts, &to));
  CHECK(to.number == 100);
  TELLS(CONCLAVE_OK, conclave_queue_list_async(queue, CONCLAVE_ITEM_DEAD, NULL, 20000, on_page, &to));
  CHECK(conclave_queue_page_size(to.handle) == 1 && strcmp(conclave_queue_page_at(to.handle, 0)->error, "no") == 0);
  conclave_queue_page_free(to.handle);
  TELLS(CONCLAVE_OK, conclave_queue_revive_async(queue, "mortal", 20000, on_done, &to));
  TELLS(CONCLAVE_KEY_NOT_FOUND, conclave_queue_discard_async(queue, "mortal", 20000, on_done, &to));
  conclave_queue_counts counts = CONCLAVE_QUEUE_COUNTS;
  WORKS(conclave_queue_count(queue, 20000, &counts, &error));
  CHECK(counts.ready == 1 && counts.first_pushed_unix_ms > 0);

  /* An item that is detached is disposed of by its guard: here it comes back once and is done the second time. */
  TELLS(CONCLAVE_OK, conclave_queue_try_take_async(queue, 0, 20000, on_item, &to));
  conclave_item* item = to.handle;
  TELLS(CONCLAVE_OK, conclave_item_detach_async(item, 60000, 20000, on_guard, &to));
  CHECK(!conclave_item_is_held(item));
  const conclave_guard* guard = to.handle;
  WORKS(conclave_queue_reject(queue, guard, "later", 0, 20000, &error));
  TELLS(CONCLAVE_FENCED, conclave_queue_acknowledge_async(queue, guard, 20000, on_done, &to));
  conclave_item_free(item);
  WORKS(conclave_queue_revive(queue, "mortal", 20000, &error)); /* its only attempt was taken back */
  WORKS(conclave_queue_try_take(queue, 0, 20000, &item, &error));
  WORKS(conclave_item_detach(item, 60000, 20000, &guard, &error));
  TELLS(CONCLAVE_OK, conclave_queue_acknowledge_async(queue, guard, 20000, on_done, &to));
  TELLS(CONCLAVE_FENCED, conclave_queue_reject_async(queue, guard, "late", 0, 20000, on_done, &to));
  conclave_item_free(item);
  TELLS(CONCLAVE_OK, conclave_queue_count_async(queue, 20000, on_counts, &to));
  CHECK(to.number == 0);
  conclave_queue_free(queue);
  box_end(&to.box);
}

static void members(conclave_client* client) {
  conclave_error error;
  told to = {.code = CONCLAVE_INTERNAL};
  box_init(&to.box);
  CHECK(conclave_cluster_member_remove(client, NULL, 20000, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_cluster_member_add(client, "nx", NULL, 20000, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  const int before = to.box.count;
  CHECK(conclave_cluster_member_remove_async(client, "nobody", 20000, on_reply, &to) == CONCLAVE_OK);
  box_await(&to.box, before + 1);
  CHECK(to.code != CONCLAVE_OK && conclave_code_certainty(to.code) == CONCLAVE_DEFINITE);
  box_end(&to.box);
}

int main(int count, char** arguments) {
  CHECK(count == 2);
  conclave_client* const client = open_client(arguments[1]);
  locks(client);
  gates_and_numbers(client);
  reboots(client);
  elections(client);
  queues(client);
  members(client);
  conclave_client_free(client);
  return 0;
}
