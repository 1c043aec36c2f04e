/* A lock that protects data even from a holder that wakes up late.   lock ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static void on_lost(void* user) {
  (void)user;
  puts("the lock is lost: stop what depends on it");
}

/* Writes under the lock; the servers refuse it once the lock is not ours any more. */
static conclave_code write_report(conclave_client* client, const conclave_hold* hold, const char* text, conclave_error* error) {
  conclave_put_options options = CONCLAVE_PUT_OPTIONS;
  options.guards = conclave_hold_guard(hold);
  options.guards_size = 1;
  return conclave_put(client, conclave_text("reports/nightly"), conclave_text(text), &options, 5000, NULL, error);
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_mutex* mutex = NULL;
  conclave_hold* hold = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error) || conclave_mutex_new(client, "reports", NULL, &mutex, &error) ||
      conclave_mutex_lock(mutex, 10000, NULL, &hold, &error) || conclave_hold_on_lost(hold, on_lost, NULL)) {
    fprintf(stderr, "%s\n", error.message);
  } else {
    if (write_report(client, hold, "all is well", &error) == CONCLAVE_OK) puts("written");
    conclave_hold_release(hold, 5000, NULL);
    if (write_report(client, hold, "too late", &error) == CONCLAVE_FENCED) puts("fenced");
  }
  conclave_hold_free(hold);
  conclave_mutex_free(mutex);
  conclave_client_free(client);
  return 0;
}
