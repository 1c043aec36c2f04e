/* Slots that programs share: weights, and a number that changes while they are held.   semaphore ENDPOINT[,ENDPOINT...] */
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

  conclave_lock_options who = CONCLAVE_LOCK_OPTIONS;
  who.note = "nightly mirror";
  conclave_semaphore* downloads = NULL;
  conclave_hold *small = NULL, *large = NULL, *more = NULL;
  if (conclave_semaphore_new(client, "uploads", 3, &who, &downloads, &error) ||
      conclave_semaphore_acquire(downloads, 1, 10000, NULL, &small, &error) ||
      conclave_semaphore_acquire(downloads, 2, 10000, NULL, &large, &error))
    return fail(&error);
  const conclave_code code = conclave_semaphore_try_acquire(downloads, 1, 5000, &more, &error);
  printf("three of three: %s\n", code == CONCLAVE_HELD ? "no room" : "one more");

  /* Nobody is thrown out when there are fewer; nobody is let in before there is room again. */
  conclave_line* line = NULL;
  if (conclave_semaphore_resize(downloads, 2, 5000, &error) || conclave_semaphore_line(downloads, 5000, &line, &error))
    return fail(&error);
  printf("%d of %d, %d too many\n", (int)conclave_line_held(line), (int)conclave_line_slots(line),
         (int)conclave_line_over_committed(line));
  for (size_t i = 0; i < conclave_line_holders(line); ++i)
    printf("%s: %d\n", conclave_line_at(line, i)->note, (int)conclave_line_at(line, i)->weight);

  conclave_line_free(line);
  conclave_hold_free(large);
  conclave_hold_free(small);
  conclave_semaphore_free(downloads);
  conclave_client_free(client);
  return 0;
}
