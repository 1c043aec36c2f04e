/* What programs wait for together: a barrier, a double barrier, a latch; and a counter.   gates ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s (%s)\n", error->message, error->certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
  return 1;
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);

  conclave_barrier* start = NULL;
  conclave_double_barrier* field = NULL;
  conclave_counter* laps = NULL;
  conclave_latch* finish = NULL;
  if (conclave_barrier_new(client, "run/start", &start, &error) || conclave_counter_new(client, "run/laps", 0, &laps, &error) ||
      conclave_double_barrier_new(client, "run/field", 1, NULL, &field, &error) ||
      conclave_latch_new(client, "run/finish", 1, &finish, &error) || conclave_barrier_close(start, 5000, &error))
    return fail(&error);
  printf("the start is %s\n", conclave_barrier_wait(start, 100, NULL, &error) == CONCLAVE_OK ? "open" : "closed");

  conclave_hold* inside = NULL;
  int64_t sum = 0, left = 0;
  if (conclave_barrier_open(start, 5000, &error) || conclave_barrier_wait(start, 10000, NULL, &error) ||
      conclave_double_barrier_enter(field, 10000, NULL, &inside, &error) || /* waits until all are there: here one */
      conclave_counter_add(laps, 2, 5000, &sum, &error) ||
      conclave_double_barrier_leave(field, inside, 10000, NULL, &error) || /* waits until all have left */
      conclave_latch_count_down(finish, 1, 5000, &left, &error) || conclave_latch_wait(finish, 10000, NULL, &error))
    return fail(&error);
  printf("arrived after %d laps, %d to come\n", (int)sum, (int)left);

  conclave_hold_free(inside);
  conclave_double_barrier_free(field);
  conclave_latch_free(finish);
  conclave_counter_free(laps);
  conclave_barrier_free(start);
  conclave_client_free(client);
  return 0;
}
