/* Readers together, a writer alone.   rw_lock ENDPOINT[,ENDPOINT...] */
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

  conclave_rw_lock* catalogue = NULL;
  conclave_hold *one = NULL, *another = NULL, *writer = NULL;
  if (conclave_rw_lock_new(client, "catalogue", NULL, &catalogue, &error) ||
      conclave_rw_lock_take(catalogue, CONCLAVE_RW_READ, 10000, NULL, &one, &error) ||
      conclave_rw_lock_take(catalogue, CONCLAVE_RW_READ, 10000, NULL, &another, &error))
    return fail(&error);
  const conclave_code code = conclave_rw_lock_try_take(catalogue, CONCLAVE_RW_WRITE, 5000, &writer, &error);
  printf("two read, a writer %s\n", code == CONCLAVE_HELD ? "has to wait" : "writes beside them");

  conclave_hold_free(one); /* gives it back, without waiting */
  conclave_hold_free(another);
  if (conclave_rw_lock_take(catalogue, CONCLAVE_RW_WRITE, 10000, NULL, &writer, &error)) return fail(&error);
  puts("it writes");

  conclave_hold_free(writer);
  conclave_rw_lock_free(catalogue);
  conclave_client_free(client);
  return 0;
}
