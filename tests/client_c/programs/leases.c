/* Leases: kept, lost, released and asked about. Argument: the endpoints. */
#include "check.h"

typedef struct states {
  signal_box box;
  conclave_lease_state last;
} states;

static void on_state(void* user, conclave_lease_state state) {
  states* const mine = user;
  mine->last = state;
  if (state == CONCLAVE_LEASE_LOST) box_raise(&mine->box);
}

static size_t count_of(conclave_client* client, const char* key) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_get(client, conclave_text(key), NULL, 20000, &reply, &error));
  const size_t count = conclave_reply_kvs(reply);
  conclave_reply_free(reply);
  return count;
}

static void put_on(conclave_client* client, const char* key, conclave_lease_id lease) {
  conclave_error error;
  conclave_put_options options = CONCLAVE_PUT_OPTIONS;
  options.lease = lease;
  WORKS(conclave_put(client, conclave_text(key), conclave_text("v"), &options, 20000, NULL, &error));
}

static conclave_watch* watch_from_now(conclave_client* client, const char* key) {
  conclave_error error;
  conclave_reply* reply = NULL;
  WORKS(conclave_get(client, conclave_text(key), NULL, 20000, &reply, &error));
  conclave_watch_options options = CONCLAVE_WATCH_OPTIONS;
  options.from = conclave_reply_header(reply)->revision + 1;
  conclave_reply_free(reply);
  conclave_watch* watch = NULL;
  WORKS(conclave_watch_open(client, conclave_one(conclave_text(key)), &options, &watch, &error));
  return watch;
}

static void await_event(conclave_watch* watch, conclave_event_kind kind) {
  conclave_error error;
  for (bool seen = false; !seen;) {
    conclave_notice* notice = NULL;
    WORKS(conclave_watch_next(watch, 20000, &notice, &error));
    if (conclave_notice_events(notice) == 1) {
      CHECK(conclave_notice_event(notice, 0)->kind == kind);
      seen = true;
    }
    conclave_notice_free(notice);
  }
}

static void kept_until_it_is_revoked(conclave_client* client) {
  conclave_error error;
  states mine;
  box_init(&mine.box);
  conclave_lease_options options = CONCLAVE_LEASE_OPTIONS;
  options.owner = "me";
  options.note = "a test";
  options.on_state = on_state;
  options.user = &mine;
  conclave_lease* lease = NULL;
  WORKS(conclave_lease_open(client, 10000, &options, 20000, &lease, &error));
  const conclave_lease_id id = conclave_lease_id_of(lease);
  CHECK(id != 0 && conclave_lease_ttl_ms(lease) == 10000);
  CHECK(conclave_lease_state_of(lease) == CONCLAVE_LEASE_ALIVE);
  CHECK(conclave_lease_certain_for_ms(lease) > 5000 && conclave_lease_certain_for_ms(lease) < 10000);
  put_on(client, "l/kept", id);

  conclave_reply* reply = NULL;
  WORKS(conclave_lease_time_to_live(client, id, true, 20000, &reply, &error));
  const conclave_lease_info* info = conclave_reply_lease(reply, 0);
  CHECK(info->id == id && strcmp(info->owner, "me") == 0 && strcmp(info->note, "a test") == 0 && !info->session);
  CHECK(info->key_count == 1 && info->keys_size == 1 && same(info->keys[0], "l/kept"));
  CHECK(info->remaining_ms > 0 && info->remaining_ms <= 10000);
  conclave_reply_free(reply);

  bool listed = false;
  WORKS(conclave_lease_list(client, 0, 20000, &reply, &error));
  for (size_t i = 0; i < conclave_reply_leases(reply); ++i) listed = listed || conclave_reply_lease(reply, i)->id == id;
  CHECK(listed && !conclave_reply_more(reply));
  conclave_reply_free(reply);

  /* Somebody revokes it: the next renewal learns of it. */
  WORKS(conclave_lease_revoke(client, id, 20000, &reply, &error));
  CHECK(conclave_reply_count(reply) == 1);
  conclave_reply_free(reply);
  box_await(&mine.box, 1);
  CHECK(mine.last == CONCLAVE_LEASE_LOST && conclave_lease_state_of(lease) == CONCLAVE_LEASE_LOST);
  CHECK(conclave_lease_certain_for_ms(lease) < 0);
  CHECK(count_of(client, "l/kept") == 0);
  conclave_lease_free(lease);
  box_end(&mine.box);
}

static void freeing_revokes_and_releasing_does_not(conclave_client* client) {
  conclave_error error;
  conclave_lease* lease = NULL;
  WORKS(conclave_lease_open(client, 30000, NULL, 20000, &lease, &error));
  put_on(client, "l/freed", conclave_lease_id_of(lease));
  conclave_watch* const watch = watch_from_now(client, "l/freed");
  conclave_lease_free(lease); /* does not wait */
  await_event(watch, CONCLAVE_EVENT_LEASE_REVOKED);
  conclave_watch_free(watch);
  WORKS(conclave_lease_open(client, 30000, NULL, 20000, &lease, &error));
  put_on(client, "l/released", conclave_lease_id_of(lease));
  const conclave_lease_id id = conclave_lease_id_of(lease);
  conclave_lease_release(lease);
  CHECK(conclave_lease_certain_for_ms(lease) < 0);
  conclave_lease_free(lease);
  CHECK(count_of(client, "l/released") == 1);
  WORKS(conclave_lease_revoke(client, id, 20000, NULL, &error));
}

static void leases_that_nobody_keeps(conclave_client* client) {
  conclave_error error;
  conclave_reply* reply = NULL;
  conclave_lease_options options = CONCLAVE_LEASE_OPTIONS;
  options.id = 4242;
  WORKS(conclave_lease_grant(client, 60000, &options, 20000, &reply, &error));
  CHECK(conclave_reply_lease(reply, 0)->id == 4242 && conclave_reply_lease(reply, 0)->granted_ms == 60000);
  conclave_reply_free(reply);
  CHECK(conclave_lease_grant(client, 60000, &options, 20000, NULL, &error) == CONCLAVE_LEASE_EXISTS);
  const conclave_lease_id ids[] = {4242, 4243};
  WORKS(conclave_lease_renew(client, ids, 2, 20000, &reply, &error));
  CHECK(conclave_reply_leases(reply) == 2);
  CHECK(conclave_reply_lease(reply, 0)->remaining_ms == 60000 && conclave_reply_lease(reply, 1)->remaining_ms == 0);
  conclave_reply_free(reply);
  WORKS(conclave_lease_revoke(client, 4242, 20000, NULL, &error));
  CHECK(conclave_lease_revoke(client, 4242, 20000, NULL, &error) == CONCLAVE_LEASE_NOT_FOUND);
  conclave_lease* none = NULL;
  CHECK(conclave_lease_open(client, 1, NULL, 20000, &none, &error) == CONCLAVE_INVALID_ARGUMENT && none == NULL);
}

typedef struct opened {
  signal_box box;
  conclave_error error;
  conclave_lease* lease;
} opened;

static void on_open(void* user, const conclave_error* error, conclave_lease* lease) {
  opened* const mine = user;
  mine->error = *error;
  mine->lease = lease;
  box_raise(&mine->box);
}

static void opened_by_a_callback(conclave_client* client) {
  opened mine;
  box_init(&mine.box);
  CHECK(conclave_lease_open_async(client, 10000, NULL, 20000, on_open, &mine) == CONCLAVE_OK);
  box_await(&mine.box, 1);
  CHECK(mine.error.code == CONCLAVE_OK && conclave_lease_state_of(mine.lease) == CONCLAVE_LEASE_ALIVE);
  CHECK(conclave_lease_certain_for_ms(mine.lease) > 5000);
  conclave_lease_free(mine.lease);
  CHECK(conclave_lease_open_async(client, 1, NULL, 20000, on_open, &mine) == CONCLAVE_OK);
  box_await(&mine.box, 2);
  CHECK(mine.error.code == CONCLAVE_INVALID_ARGUMENT && mine.lease == NULL);
  box_end(&mine.box);
}

static void a_lease_may_outlive_its_client(const char* endpoints) {
  conclave_client* const client = open_client(endpoints);
  conclave_error error;
  conclave_lease* lease = NULL;
  WORKS(conclave_lease_open(client, 2000, NULL, 20000, &lease, &error));
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  CHECK(conclave_lease_state_of(lease) == CONCLAVE_LEASE_LOST);
  conclave_lease_free(lease);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  conclave_client* const client = open_client(argv[1]);
  kept_until_it_is_revoked(client);
  freeing_revokes_and_releasing_does_not(client);
  leases_that_nobody_keeps(client);
  opened_by_a_callback(client);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  a_lease_may_outlive_its_client(argv[1]);
  return 0;
}
