/* Settings in memory: read without a round trip, and told when they change.   view ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s (%s)\n", error->message, error->certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
  return 1;
}

/* On the client's thread: it must not block. */
static void on_change(void* user, const conclave_view_step* step) {
  (void)user;
  for (size_t i = 0; i < conclave_view_step_size(step); ++i) {
    const conclave_view_change* const change = conclave_view_step_at(step, i);
    printf("%s: %s -> %s\n", (const char*)change->key.data, change->before ? (const char*)change->before->value.data : "-",
           change->after ? (const char*)change->after->value.data : "-");
  }
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);

  conclave_view_options options_of_view = CONCLAVE_VIEW_OPTIONS;
  options_of_view.on_change = on_change;
  conclave_view* quotas = NULL;
  conclave_reply* reply = NULL;
  if (conclave_put(client, conclave_text("quotas/ann"), conclave_text("10"), NULL, 5000, NULL, &error) ||
      conclave_view_new(client, conclave_text("quotas/"), &options_of_view, &quotas, &error) ||
      conclave_view_ready(quotas, 5000, NULL, &error) ||
      conclave_put(client, conclave_text("quotas/ann"), conclave_text("20"), NULL, 5000, NULL, &error) ||
      conclave_view_sync(quotas, 5000, NULL, NULL, &error) || /* what completed before is shown */
      conclave_view_get(quotas, conclave_text("quotas/ann"), &reply, &error))
    return fail(&error);
  printf("%d key; ann has %s\n", (int)conclave_view_size(quotas), (const char*)conclave_reply_kv(reply, 0)->value.data);

  conclave_reply_free(reply);
  conclave_view_free(quotas);
  conclave_client_free(client);
  return 0;
}
