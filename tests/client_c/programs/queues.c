/* Work queues: order, acknowledging, giving back, dead items, what is told of them. Argument: the endpoints. */
#include "check.h"

static conclave_queue* new_queue(conclave_client* client, const char* name) {
  conclave_error error;
  conclave_lock_options options = CONCLAVE_LOCK_OPTIONS;
  options.owner = "me";
  options.ttl_ms = 20000;
  conclave_queue* queue = NULL;
  WORKS(conclave_queue_new(client, name, &options, &queue, &error));
  return queue;
}

static conclave_item* take(conclave_queue* queue) {
  conclave_error error;
  conclave_item* item = NULL;
  WORKS(conclave_queue_take(queue, 0, 20000, NULL, &item, &error));
  CHECK(item != NULL && conclave_item_is_held(item));
  return item;
}

static conclave_queue_counts counts_of(conclave_queue* queue) {
  conclave_error error;
  conclave_queue_counts counts = CONCLAVE_QUEUE_COUNTS;
  WORKS(conclave_queue_count(queue, 20000, &counts, &error));
  return counts;
}

static void items_come_by_priority_and_then_in_order(conclave_client* client) {
  conclave_error error;
  conclave_queue* const queue = new_queue(client, "c/order");
  conclave_pushed pushed = CONCLAVE_PUSHED;
  WORKS(conclave_queue_push(queue, conclave_text("second"), NULL, 20000, &pushed, &error));
  CHECK(pushed.is_new && pushed.id[0] != 0);
  conclave_push_options urgent = CONCLAVE_PUSH_OPTIONS;
  urgent.priority = 9;
  urgent.id = "the-urgent-one";
  WORKS(conclave_queue_push(queue, conclave_text("first"), &urgent, 20000, &pushed, &error));
  WORKS(conclave_queue_push(queue, conclave_text("again"), &urgent, 20000, &pushed, &error));
  CHECK(!pushed.is_new && strcmp(pushed.id, "the-urgent-one") == 0);
  CHECK(counts_of(queue).ready == 2);

  conclave_item* const first = take(queue);
  CHECK(same(conclave_item_body(first), "first") && conclave_item_priority(first) == 9);
  CHECK(strcmp(conclave_item_id(first), "the-urgent-one") == 0 && conclave_item_attempt(first) == 1);
  conclave_put_options guarded = CONCLAVE_PUT_OPTIONS;
  guarded.guards = conclave_item_guard(first);
  guarded.guards_size = 1;
  WORKS(conclave_put(client, conclave_text("c/effect"), conclave_text("1"), &guarded, 20000, NULL, &error));
  WORKS(conclave_item_acknowledge(first, NULL, 20000, &error));
  CHECK(!conclave_item_is_held(first));
  CHECK(conclave_put(client, conclave_text("c/effect"), conclave_text("2"), &guarded, 20000, NULL, &error) == CONCLAVE_FENCED);
  conclave_item_free(first);

  conclave_item* const second = take(queue);
  CHECK(same(conclave_item_body(second), "second"));
  WORKS(conclave_item_acknowledge(second, NULL, 20000, &error));
  conclave_item_free(second);
  conclave_item* none = NULL;
  CHECK(conclave_queue_try_take(queue, 0, 20000, &none, &error) == CONCLAVE_HELD && none == NULL);
  conclave_queue_free(queue);
}

static void what_fails_too_often_is_dead_until_it_is_revived(conclave_client* client) {
  conclave_error error;
  conclave_queue* const queue = new_queue(client, "c/dead");
  conclave_push_options once = CONCLAVE_PUSH_OPTIONS;
  once.id = "poison";
  once.attempts_max = 1;
  WORKS(conclave_queue_push(queue, conclave_text("x"), &once, 20000, NULL, &error));
  conclave_item* const item = take(queue);
  CHECK(conclave_item_attempts_max(item) == 1);
  WORKS(conclave_item_reject(item, "it burns", 0, 20000, &error));
  conclave_item_free(item);
  CHECK(counts_of(queue).dead == 1);

  conclave_queue_page* page = NULL;
  WORKS(conclave_queue_list(queue, CONCLAVE_ITEM_DEAD, NULL, 20000, &page, &error));
  CHECK(conclave_queue_page_size(page) == 1);
  const conclave_queued_item* const dead = conclave_queue_page_at(page, 0);
  CHECK(strcmp(dead->id, "poison") == 0 && dead->state == CONCLAVE_ITEM_DEAD && dead->attempts == 1);
  CHECK(strcmp(dead->error, "it burns") == 0);
  conclave_queue_page_free(page);

  WORKS(conclave_queue_revive(queue, "poison", 20000, &error));
  CHECK(counts_of(queue).ready == 1 && counts_of(queue).dead == 0);
  conclave_item* const revived = take(queue);
  WORKS(conclave_item_reject(revived, NULL, 0, 20000, &error));
  conclave_item_free(revived);
  WORKS(conclave_queue_discard(queue, "poison", 20000, &error));
  CHECK(counts_of(queue).dead == 0);
  conclave_queue_free(queue);
}

typedef struct taker {
  signal_box box;
  conclave_error error;
  conclave_item* item;
} taker;

static void on_item(void* user, const conclave_error* error, conclave_item* item) {
  taker* const mine = user;
  mine->error = *error;
  mine->item = item;
  box_raise(&mine->box);
}

static void a_taker_waits_for_what_comes(conclave_client* client) {
  conclave_error error;
  conclave_queue* const queue = new_queue(client, "c/wait");
  taker waits;
  box_init(&waits.box);
  CHECK(conclave_queue_take_async(queue, 0, CONCLAVE_FOREVER, NULL, on_item, &waits) == CONCLAVE_OK);
  WORKS(conclave_queue_push(queue, conclave_text("late"), NULL, 20000, NULL, &error));
  box_await(&waits.box, 1);
  CHECK(waits.error.code == CONCLAVE_OK && same(conclave_item_body(waits.item), "late"));
  conclave_item_free(waits.item); /* not acknowledged: it is given back */
  conclave_item* const again = take(queue);
  CHECK(same(conclave_item_body(again), "late"));
  WORKS(conclave_item_acknowledge(again, NULL, 20000, &error));
  conclave_item_free(again);
  box_end(&waits.box);
  conclave_queue_free(queue);
}

int main(int count, char** arguments) {
  CHECK(count == 2);
  conclave_client* const client = open_client(arguments[1]);
  items_come_by_priority_and_then_in_order(client);
  what_fails_too_often_is_dead_until_it_is_revived(client);
  a_taker_waits_for_what_comes(client);
  conclave_client_free(client);
  return 0;
}
