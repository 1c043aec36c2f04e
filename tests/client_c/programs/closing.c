/* Handles are freed while another thread frees their client: each of them ends, and nothing is told twice. Argument: the endpoints.
 */
#include "check.h"

enum { rounds = 30 };

typedef struct handles {
  conclave_client* client;
  conclave_mutex* mutex;
  conclave_hold* hold;
  conclave_queue* queue;
  conclave_view* view;
  conclave_registration* registration;
  conclave_watch* watch;
  conclave_lease* lease;
  mtx_t told_mutex;
  int told;
} handles;

static void tell(handles* all) {
  mtx_lock(&all->told_mutex);
  ++all->told;
  mtx_unlock(&all->told_mutex);
}

static void taken(void* user, const conclave_error* error, conclave_hold* hold) {
  CHECK(error->code == CONCLAVE_OK ? hold != NULL : hold == NULL);
  conclave_hold_free(hold);
  tell(user);
}

static void lost(void* user) { (void)user; }
static void noticed(void* user, const conclave_notice* notice) {
  (void)user;
  (void)notice;
}
static void lease_told(void* user, conclave_lease_state state) {
  (void)user;
  (void)state;
}

static void make(handles* all, const char* endpoints) {
  conclave_error error;
  all->client = open_client(endpoints);
  WORKS(conclave_mutex_new(all->client, "closing", NULL, &all->mutex, &error));
  WORKS(conclave_mutex_lock(all->mutex, 20000, NULL, &all->hold, &error));
  CHECK(conclave_hold_on_lost(all->hold, lost, all) == CONCLAVE_OK);
  CHECK(conclave_mutex_lock_async(all->mutex, CONCLAVE_FOREVER, NULL, taken, all) == CONCLAVE_OK);
  WORKS(conclave_queue_new(all->client, "closing", NULL, &all->queue, &error));
  WORKS(conclave_view_new(all->client, conclave_text("closing/"), NULL, &all->view, &error));
  conclave_instance_options instance = CONCLAVE_INSTANCE_OPTIONS;
  instance.id = "one";
  instance.address = "127.0.0.1";
  instance.port = 1;
  WORKS(conclave_registration_new(all->client, "closing", &instance, NULL, &all->registration, &error));
  conclave_watch_options watch = CONCLAVE_WATCH_OPTIONS;
  watch.on_notice = noticed;
  WORKS(conclave_watch_open(all->client, conclave_prefix(conclave_text("closing")), &watch, &all->watch, &error));
  conclave_lease_options lease = CONCLAVE_LEASE_OPTIONS;
  lease.on_state = lease_told;
  WORKS(conclave_lease_open(all->client, 5000, &lease, 20000, &all->lease, &error));
}

static int free_client(void* user) {
  CHECK(conclave_client_free(((handles*)user)->client) == CONCLAVE_OK);
  return 0;
}

static void free_handles(handles* all) {
  conclave_watch_free(all->watch);
  conclave_lease_free(all->lease);
  conclave_registration_free(all->registration);
  conclave_view_free(all->view);
  conclave_queue_free(all->queue);
  conclave_mutex_free(all->mutex);
  conclave_hold_free(all->hold);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  for (int round = 0; round < rounds; ++round) {
    handles all = {.told = 0};
    CHECK(mtx_init(&all.told_mutex, mtx_plain) == thrd_success);
    make(&all, argv[1]);
    thrd_t closer;
    CHECK(thrd_create(&closer, free_client, &all) == thrd_success);
    free_handles(&all);
    CHECK(thrd_join(closer, NULL) == thrd_success);
    CHECK(all.told == 1);
    mtx_destroy(&all.told_mutex);
  }
  return 0;
}
