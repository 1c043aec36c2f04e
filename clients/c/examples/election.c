/* One of several programs leads; others see who, and what it proclaims.   election ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s (%s)\n", error->message, error->certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
  return 1;
}

/* On the client's thread: it must not block. */
static void on_leader(void* user, const conclave_error* error, const conclave_leader* leader) {
  (void)user;
  if (error->code == CONCLAVE_OK && leader != NULL)
    printf("leader: %.*s\n", (int)leader->value.size, (const char*)leader->value.data);
}
static void step_down(void* user) {
  (void)user;
  puts("no renewal for half a TTL: step down in time");
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);

  conclave_election* election = NULL;
  conclave_observation* observation = NULL;
  conclave_leadership* leadership = NULL;
  if (conclave_election_new(client, "dispatcher", NULL, &election, &error) ||
      conclave_election_observe(election, on_leader, NULL, &observation, &error) ||
      conclave_election_campaign(election, conclave_text("10.0.0.7:9000"), 10000, NULL, &leadership, &error) ||
      conclave_leadership_on_jeopardy(leadership, step_down, NULL))
    return fail(&error);

  /* What a leader changes it changes under its guard: a former leader that wakes up late changes nothing. */
  conclave_put_options guarded = CONCLAVE_PUT_OPTIONS;
  guarded.guards = conclave_leadership_guard(leadership);
  guarded.guards_size = 1;
  if (conclave_put(client, conclave_text("dispatcher/state"), conclave_text("1"), &guarded, 5000, NULL, &error) ||
      conclave_leadership_proclaim(leadership, conclave_text("10.0.0.7:9001"), 5000, &error) ||
      conclave_leadership_resign(leadership, 5000, &error))
    return fail(&error);
  const conclave_code late =
      conclave_put(client, conclave_text("dispatcher/state"), conclave_text("2"), &guarded, 5000, NULL, &error);
  printf("a former leader is %s\n", late == CONCLAVE_FENCED ? "fenced" : "not kept out");

  conclave_observation_free(observation); /* nothing is told any more */
  conclave_leadership_free(leadership);
  conclave_election_free(election);
  conclave_client_free(client);
  return 0;
}
