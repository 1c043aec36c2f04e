/* Follows the changes below a prefix, without a callback.   watch ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_reply* reply = NULL;
  conclave_watch* watch = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);
  if (conclave_put(client, conclave_text("news/1"), conclave_text("first"), NULL, 5000, &reply, &error)) return fail(&error);
  conclave_watch_options from = CONCLAVE_WATCH_OPTIONS;
  from.from = conclave_reply_header(reply)->revision; /* of a put: the revision it made */
  conclave_reply_free(reply);
  if (conclave_watch_open(client, conclave_prefix(conclave_text("news/")), &from, &watch, &error)) return fail(&error);
  if (conclave_delete(client, conclave_one(conclave_text("news/1")), NULL, 5000, NULL, &error)) return fail(&error);

  for (int events = 0; events < 2;) {
    conclave_notice* notice = NULL;
    if (conclave_watch_next(watch, 5000, &notice, &error)) return fail(&error);
    for (size_t i = 0; i < conclave_notice_events(notice); ++i, ++events) {
      const conclave_event* const event = conclave_notice_event(notice, i);
      printf("%s %s\n", event->kind == CONCLAVE_EVENT_PUT ? "put" : "gone", (const char*)event->kv->key.data);
    }
    conclave_notice_free(notice);
  }
  conclave_watch_free(watch);
  conclave_client_free(client);
  return 0;
}
