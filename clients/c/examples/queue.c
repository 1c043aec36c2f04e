/* A work queue: items are pushed, done and counted, each in effect once.   queue ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s (%s)\n", error->message, error->certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
  return 1;
}

/* Does an item; the note and the acknowledgement happen at the same revision: nobody else can make the note too. */
static void work_on(conclave_item* item) {
  const conclave_bytes to = conclave_item_body(item);
  if (to.size == 6 && memcmp(to.data, "nobody", 6) == 0) {
    conclave_item_reject(item, "no such mailbox", 0, 5000, NULL);
    return;
  }
  char key[64];
  snprintf(key, sizeof key, "sent/%s", conclave_item_id(item));
  conclave_txn* const note = conclave_txn_new();
  conclave_txn_put(note, CONCLAVE_THEN, conclave_text(key), conclave_text("yes"), NULL);
  if (conclave_item_acknowledge(item, note, 5000, NULL) == CONCLAVE_OK) printf("sent: %.*s\n", (int)to.size, (const char*)to.data);
  conclave_txn_free(note);
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);

  conclave_queue* queue = NULL;
  if (conclave_queue_new(client, "letters", NULL, &queue, &error)) return fail(&error);
  const char* const names[] = {"ann", "bob", "nobody"};
  for (int i = 0; i < 3; ++i) {
    conclave_push_options once = CONCLAVE_PUSH_OPTIONS;
    once.id = names[i]; /* pushing it again while it is there does nothing */
    once.attempts_max = 2;
    if (conclave_queue_push(queue, conclave_text(names[i]), &once, 5000, NULL, &error)) return fail(&error);
  }
  for (conclave_item* item = NULL; conclave_queue_take(queue, 30000, 500, NULL, &item, &error) == CONCLAVE_OK;) {
    work_on(item);
    conclave_item_free(item);
  }

  conclave_queue_page* dead = NULL;
  if (conclave_queue_list(queue, CONCLAVE_ITEM_DEAD, NULL, 5000, &dead, &error)) return fail(&error);
  for (size_t i = 0; i < conclave_queue_page_size(dead); ++i) {
    const conclave_queued_item* const item = conclave_queue_page_at(dead, i);
    printf("dead after %d attempts: %s (%s)\n", (int)item->attempts, item->id, item->error);
    conclave_queue_discard(queue, item->id, 5000, NULL);
  }

  conclave_queue_page_free(dead);
  conclave_queue_free(queue);
  conclave_client_free(client);
  return 0;
}
