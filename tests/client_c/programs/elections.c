/* Elections: one leads, others see who, and the next follows. Argument: the endpoints. */
#include "check.h"

typedef struct seen {
  signal_box box;
  char values[128];
} seen;

static void on_leader(void* user, const conclave_error* error, const conclave_leader* leader) {
  seen* const mine = user;
  CHECK(error->code == CONCLAVE_OK || error->code == CONCLAVE_SHUTTING_DOWN);
  if (leader == NULL) return;
  strncat(mine->values, leader->value.data, leader->value.size);
  strncat(mine->values, ";", 2);
  box_raise(&mine->box);
}

typedef struct candidate {
  signal_box box;
  conclave_error error;
  conclave_leadership* leadership;
} candidate;

static void on_elected(void* user, const conclave_error* error, conclave_leadership* leadership) {
  candidate* const mine = user;
  mine->error = *error;
  mine->leadership = leadership;
  box_raise(&mine->box);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  conclave_error error;
  conclave_client* const client = open_client(argv[1]);
  conclave_client* const other = open_client(argv[1]);
  conclave_election* here = NULL;
  conclave_election* there = NULL;
  WORKS(conclave_election_new(client, "c/leader", NULL, &here, &error));
  WORKS(conclave_election_new(other, "c/leader", NULL, &there, &error));
  conclave_leader* leader = NULL;
  WORKS(conclave_election_leader(here, 20000, &leader, &error));
  CHECK(leader == NULL);

  conclave_leadership* first = NULL;
  WORKS(conclave_election_campaign(here, conclave_text("one"), 20000, NULL, &first, &error));
  CHECK(conclave_leadership_is_leader(first) && conclave_leadership_certain_for_ms(first) > 0);
  seen told;
  memset(&told, 0, sizeof told);
  box_init(&told.box);
  conclave_observation* observation = NULL;
  WORKS(conclave_election_observe(there, on_leader, &told, &observation, &error));
  box_await(&told.box, 1);
  candidate next;
  box_init(&next.box);
  CHECK(conclave_election_campaign_async(there, conclave_text("two"), CONCLAVE_FOREVER, NULL, on_elected, &next) == CONCLAVE_OK);
  WORKS(conclave_leadership_proclaim(first, conclave_text("more"), 20000, &error));
  box_await(&told.box, 2);
  WORKS(conclave_election_leader(there, 20000, &leader, &error));
  CHECK(same(leader->value, "more") && leader->token == conclave_leadership_token(first) && strlen(leader->owner) > 0);
  conclave_leader_free(leader);

  conclave_put_options guarded = CONCLAVE_PUT_OPTIONS;
  guarded.guards = conclave_leadership_guard(first);
  guarded.guards_size = 1;
  WORKS(conclave_put(client, conclave_text("c/led"), conclave_text("1"), &guarded, 20000, NULL, &error));
  WORKS(conclave_leadership_resign(first, 20000, &error));
  CHECK(!conclave_leadership_is_leader(first));
  box_await(&next.box, 1);
  CHECK(next.error.code == CONCLAVE_OK && conclave_leadership_token(next.leadership) > conclave_leadership_token(first));
  CHECK(conclave_put(client, conclave_text("c/led"), conclave_text("2"), &guarded, 20000, NULL, &error) == CONCLAVE_FENCED);
  CHECK(conclave_leadership_proclaim(first, conclave_text("late"), 20000, &error) != CONCLAVE_OK);
  box_await(&told.box, 3);
  CHECK(strcmp(told.values, "one;more;two;") == 0);

  conclave_observation_free(observation);
  conclave_leadership_free(first);
  conclave_leadership_free(next.leadership);
  conclave_election_free(there);
  conclave_election_free(here);
  CHECK(conclave_client_free(other) == CONCLAVE_OK);
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  box_end(&told.box);
  box_end(&next.box);
  return 0;
}
