/* Watches with a callback and without, turn watches, and their ends. Argument: the endpoints. */
#include "check.h"

typedef struct seen {
  signal_box box;
  conclave_watch* watch;
  char keys[256];
} seen;

static void note(void* user, const conclave_notice* notice) {
  seen* const mine = user;
  for (size_t i = 0; i < conclave_notice_events(notice); ++i) {
    const conclave_event* const event = conclave_notice_event(notice, i);
    strncat(mine->keys, event->kind == CONCLAVE_EVENT_PUT ? (event->create ? "+" : "=") : "-", 2);
    strncat(mine->keys, event->kv->key.data, event->kv->key.size);
    if (event->previous != NULL) strncat(mine->keys, event->previous->value.data, event->previous->value.size);
    box_raise(&mine->box);
  }
}

static void put(conclave_client* client, const char* key, const char* value) {
  conclave_error error;
  WORKS(conclave_put(client, conclave_text(key), conclave_text(value), NULL, 20000, NULL, &error));
}

static conclave_revision revision_of(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_get(client, conclave_text("-"), NULL, 20000, &reply, &error));
  const conclave_revision now = conclave_reply_header(reply)->revision;
  conclave_reply_free(reply);
  return now;
}

static void told_in_order(conclave_client* client) {
  seen mine;
  memset(&mine, 0, sizeof mine);
  box_init(&mine.box);
  conclave_error error;
  conclave_watch_options options = CONCLAVE_WATCH_OPTIONS;
  options.from = revision_of(client) + 1;
  options.want_previous = true;
  options.on_notice = note;
  options.user = &mine;
  WORKS(conclave_watch_open(client, conclave_prefix(conclave_text("w/")), &options, &mine.watch, &error));
  put(client, "w/a", "1");
  put(client, "other", "1");
  put(client, "w/a", "2");
  WORKS(conclave_delete(client, conclave_one(conclave_text("w/a")), NULL, 20000, NULL, &error));
  box_await(&mine.box, 3);
  CHECK(strcmp(mine.keys, "+w/a=w/a1-w/a2") == 0);
  CHECK(conclave_watch_next(mine.watch, 0, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  conclave_watch_free(mine.watch);
  put(client, "w/b", "1");
  CHECK(strcmp(mine.keys, "+w/a=w/a1-w/a2") == 0);
  box_end(&mine.box);
}

/* More than the watch keeps: it is given up and taken up again, and nothing is lost or told twice. */
static void a_slow_reader_loses_nothing(conclave_client* client) {
  enum { changes = 1500 };
  conclave_error error;
  conclave_watch* watch = NULL;
  conclave_watch_options options = CONCLAVE_WATCH_OPTIONS;
  options.from = revision_of(client) + 1;
  WORKS(conclave_watch_open(client, conclave_prefix(conclave_text("slow/")), &options, &watch, &error));
  static signal_box box;
  box_init(&box);
  extern void raise_box(void*, const conclave_error*, const conclave_reply*);
  for (int i = 0; i < changes; ++i) {
    char key[32];
    snprintf(key, sizeof key, "slow/%d", i);
    CHECK(conclave_put_async(client, conclave_text(key), conclave_text("v"), NULL, 60000, raise_box, &box) == CONCLAVE_OK);
  }
  box_await(&box, changes);
  static char told[changes];
  conclave_revision last = 0;
  for (int events = 0; events < changes;) {
    conclave_notice* notice = NULL;
    WORKS(conclave_watch_next(watch, 30000, &notice, &error));
    CHECK(conclave_notice_kind_of(notice) == CONCLAVE_NOTICE_EVENTS || conclave_notice_kind_of(notice) == CONCLAVE_NOTICE_PROGRESS);
    CHECK(conclave_notice_revision(notice) >= last);
    last = conclave_notice_revision(notice);
    for (size_t i = 0; i < conclave_notice_events(notice); ++i, ++events) {
      const int number = atoi((const char*)conclave_notice_event(notice, i)->kv->key.data + 5);
      CHECK(!told[number]);
      told[number] = 1;
    }
    conclave_notice_free(notice);
  }
  conclave_notice* none = NULL;
  conclave_code code = CONCLAVE_OK;
  while ((code = conclave_watch_next(watch, 0, &none, &error)) == CONCLAVE_OK) { /* bookmarks */
    CHECK(conclave_notice_events(none) == 0);
    conclave_notice_free(none);
  }
  CHECK(code == CONCLAVE_TIMEOUT);
  conclave_watch_free(watch);
  box_end(&box);
}

void raise_box(void* user, const conclave_error* error, const conclave_reply* reply) {
  if (reply == NULL) fprintf(stderr, "a put failed: %s\n", error->message);
  CHECK(error->code == CONCLAVE_OK);
  box_raise(user);
}

static int wait_for_notice(void* user) {
  conclave_error error;
  conclave_notice* notice = NULL;
  conclave_code code = CONCLAVE_OK;
  while ((code = conclave_watch_next(user, 60000, &notice, &error)) == CONCLAVE_OK) conclave_notice_free(notice);
  return code;
}

static void who_waits_is_told_of_the_end(conclave_client* client) {
  conclave_error error;
  conclave_watch* watch = NULL;
  WORKS(conclave_watch_open(client, conclave_one(conclave_text("never")), NULL, &watch, &error));
  thrd_t waiter;
  CHECK(thrd_create(&waiter, wait_for_notice, watch) == thrd_success);
  conclave_watch_cancel(watch);
  int result = 0;
  CHECK(thrd_join(waiter, &result) == thrd_success);
  CHECK(result == CONCLAVE_SHUTTING_DOWN);
  conclave_watch_free(watch);
}

static void turns(conclave_client* client) {
  conclave_error error;
  conclave_watch* watch = NULL;
  put(client, "turn/a", "first");
  put(client, "turn/b", "second");
  WORKS(conclave_watch_turn(client, conclave_text("turn/"), conclave_text("turn/b"), 1, NULL, &watch, &error));
  conclave_notice* notice = NULL;
  CHECK(conclave_watch_next(watch, 0, &notice, &error) == CONCLAVE_TIMEOUT);
  WORKS(conclave_delete(client, conclave_one(conclave_text("turn/a")), NULL, 20000, NULL, &error));
  WORKS(conclave_watch_next(watch, 20000, &notice, &error));
  CHECK(conclave_notice_kind_of(notice) == CONCLAVE_NOTICE_TURN && !conclave_notice_gone(notice));
  CHECK(conclave_notice_ahead(notice) == 0);
  conclave_notice_free(notice);
  CHECK(conclave_watch_next(watch, 20000, &notice, &error) == CONCLAVE_SHUTTING_DOWN);
  conclave_watch_free(watch);
}

static void a_compacted_start_is_told(conclave_client* client) {
  conclave_error error;
  WORKS(conclave_cluster_compact(client, revision_of(client), 20000, NULL, &error));
  conclave_watch* watch = NULL;
  conclave_watch_options options = CONCLAVE_WATCH_OPTIONS;
  options.from = 1;
  WORKS(conclave_watch_open(client, conclave_prefix(conclave_text("")), &options, &watch, &error));
  conclave_notice* notice = NULL;
  WORKS(conclave_watch_next(watch, 20000, &notice, &error));
  CHECK(conclave_notice_kind_of(notice) == CONCLAVE_NOTICE_ENDED);
  CHECK(conclave_notice_error(notice)->code == CONCLAVE_COMPACTED);
  CHECK(conclave_notice_oldest(notice) > 1);
  conclave_notice_free(notice);
  conclave_watch_free(watch);
}

static void free_in_callback(void* user, const conclave_notice* notice) {
  seen* const mine = user;
  if (conclave_notice_events(notice) == 0) return;
  conclave_watch_free(mine->watch);
  box_raise(&mine->box);
}

static void a_callback_may_free_its_own_watch(conclave_client* client) {
  seen mine;
  memset(&mine, 0, sizeof mine);
  box_init(&mine.box);
  conclave_error error;
  conclave_watch_options options = CONCLAVE_WATCH_OPTIONS;
  options.from = revision_of(client) + 1;
  options.on_notice = free_in_callback;
  options.user = &mine;
  WORKS(conclave_watch_open(client, conclave_prefix(conclave_text("f/")), &options, &mine.watch, &error));
  put(client, "f/a", "1");
  put(client, "f/b", "1");
  box_await(&mine.box, 1);
  CHECK(mine.box.count == 1);
  box_end(&mine.box);
}

static void a_watch_may_outlive_its_client(const char* endpoints) {
  conclave_client* const client = open_client(endpoints);
  conclave_error error;
  conclave_watch* watch = NULL;
  WORKS(conclave_watch_open(client, conclave_prefix(conclave_text("")), NULL, &watch, &error));
  thrd_t waiter;
  CHECK(thrd_create(&waiter, wait_for_notice, watch) == thrd_success);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  int result = 0;
  CHECK(thrd_join(waiter, &result) == thrd_success);
  CHECK(result == CONCLAVE_SHUTTING_DOWN);
  conclave_watch_free(watch);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  conclave_client* const client = open_client(argv[1]);
  told_in_order(client);
  who_waits_is_told_of_the_end(client);
  turns(client);
  a_callback_may_free_its_own_watch(client);
  a_slow_reader_loses_nothing(client);
  a_compacted_start_is_told(client);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  a_watch_may_outlive_its_client(argv[1]);
  return 0;
}
