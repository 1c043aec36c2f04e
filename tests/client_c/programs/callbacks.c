/* The asynchronous forms, and that no callback comes late. Argument: the endpoints. */
#include "check.h"

typedef struct request {
  conclave_client* client;
  signal_box box;
  conclave_error error;
  conclave_reply* kept;
} request;

static void keep(void* user, const conclave_error* error, const conclave_reply* reply) {
  request* const mine = user;
  mine->error = *error;
  mine->kept = conclave_reply_keep(reply);
  box_raise(&mine->box);
}

static void each_request_is_told_once(conclave_client* client) {
  enum { requests = 200 };
  static request all[requests];
  for (int i = 0; i < requests; ++i) {
    char key[16];
    snprintf(key, sizeof key, "c/%d", i);
    box_init(&all[i].box);
    CHECK(conclave_put_async(client, conclave_text(key), conclave_text("v"), NULL, 20000, keep, &all[i]) == CONCLAVE_OK);
  }
  for (int i = 0; i < requests; ++i) {
    box_await(&all[i].box, 1);
    CHECK(all[i].error.code == CONCLAVE_OK && conclave_reply_header(all[i].kept)->revision > 0);
    conclave_reply_free(all[i].kept);
    box_end(&all[i].box);
  }
}

static void call_the_blocking_form(void* user, const conclave_error* error, const conclave_reply* reply) {
  request* const mine = user;
  conclave_error inner;
  CHECK(error->code == CONCLAVE_OK && reply != NULL);
  CHECK(conclave_get(mine->client, conclave_text("c/1"), NULL, 1000, NULL, &inner) == CONCLAVE_WOULD_DEADLOCK);
  CHECK(conclave_client_free(mine->client) == CONCLAVE_WOULD_DEADLOCK);
  CHECK(conclave_get_async(mine->client, conclave_text("c/1"), NULL, 20000, keep, mine) == CONCLAVE_OK);
}

static void a_callback_cannot_wait_for_itself(conclave_client* client) {
  request mine = {.client = client};
  box_init(&mine.box);
  CHECK(conclave_cluster_status_async(client, 20000, call_the_blocking_form, &mine) == CONCLAVE_OK);
  box_await(&mine.box, 1);
  CHECK(mine.error.code == CONCLAVE_OK && conclave_reply_kvs(mine.kept) == 1);
  conclave_reply_free(mine.kept);
  box_end(&mine.box);
}

static void count(void* user, const conclave_error* error, const conclave_reply* reply) {
  (void)reply;
  CHECK(error->code == CONCLAVE_OK || error->code == CONCLAVE_SHUTTING_DOWN || error->code == CONCLAVE_UNKNOWN_OUTCOME);
  ++*(int*)user;
}

static void freeing_a_client_tells_what_waits(const char* endpoints) {
  conclave_client* const client = open_client(endpoints);
  int told = 0; /* no lock: only the client's thread adds, and it is gone when this is read */
  for (int i = 0; i < 100; ++i)
    CHECK(conclave_put_async(client, conclave_text("c/last"), conclave_text("v"), NULL, 20000, count, &told) == CONCLAVE_OK);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  CHECK(told == 100);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  conclave_client* const client = open_client(argv[1]);
  each_request_is_told_once(client);
  a_callback_cannot_wait_for_itself(client);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  for (int i = 0; i < 5; ++i) freeing_a_client_tells_what_waits(argv[1]);
  return 0;
}
