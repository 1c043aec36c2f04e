/* What is refused before it is sent, and what is told when nobody answers. Needs no cluster. */
#include "check.h"

static void wrong_arguments(conclave_client* client) {
  conclave_error error;
  const conclave_bytes a = conclave_text("a");
  CHECK(conclave_put(NULL, a, a, NULL, 10, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(error.certainty == CONCLAVE_DEFINITE && strlen(error.message) > 0);
  CHECK(conclave_put(client, conclave_data(NULL, 3), a, NULL, 10, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_put(client, a, a, NULL, -7, NULL, NULL) == CONCLAVE_INVALID_ARGUMENT);
  conclave_put_options without_size;
  memset(&without_size, 0, sizeof without_size);
  CHECK(conclave_put(client, a, a, &without_size, 10, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_put_async(client, a, a, NULL, 10, NULL, NULL) == CONCLAVE_INVALID_ARGUMENT);
  conclave_keys keys = conclave_one(a);
  keys.kind = (conclave_keys_kind)9;
  CHECK(conclave_range(client, keys, NULL, 10, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  conclave_put_options guarded = CONCLAVE_PUT_OPTIONS;
  guarded.guards_size = 1;
  CHECK(conclave_put(client, a, a, &guarded, 10, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_txn_put(NULL, CONCLAVE_THEN, a, a, NULL) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_watch_open(client, conclave_one(a), NULL, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
  CHECK(conclave_client_open(NULL, NULL, &error) == CONCLAVE_INVALID_ARGUMENT);
}

/* A program that was compiled with a later version of the header. */
static void options_of_another_version(conclave_client* client) {
  struct {
    conclave_put_options known;
    int64_t later;
  } options;
  memset(&options, 0, sizeof options);
  options.known.struct_size = sizeof options;
  conclave_error error;
  const conclave_bytes a = conclave_text("a");
  CHECK(conclave_put(client, a, a, &options.known, 10, NULL, &error) == CONCLAVE_NOT_SENT);
  options.later = 1;
  CHECK(conclave_put(client, a, a, &options.known, 10, NULL, &error) == CONCLAVE_UNSUPPORTED);
  options.known.struct_size = offsetof(conclave_put_options, guards); /* an earlier one */
  options.known.guards_size = 77;
  CHECK(conclave_put(client, a, a, &options.known, 10, NULL, &error) == CONCLAVE_NOT_SENT);
}

static void nothing_of_null(void) {
  CHECK(conclave_reply_kind_of(NULL) == 0 && conclave_reply_header(NULL) == NULL && conclave_reply_kvs(NULL) == 0);
  CHECK(conclave_reply_next_key(NULL).size == 0 && conclave_reply_status(NULL) == NULL);
  CHECK(conclave_notice_event(NULL, 0) == NULL && conclave_notice_error(NULL) == NULL);
  CHECK(conclave_lease_certain_for_ms(NULL) < 0 && conclave_lease_state_of(NULL) == CONCLAVE_LEASE_LOST);
  conclave_reply_free(NULL);
  conclave_notice_free(NULL);
  conclave_watch_free(NULL);
  conclave_watch_cancel(NULL);
  conclave_lease_free(NULL);
  conclave_lease_release(NULL);
  conclave_txn_free(NULL);
  CHECK(conclave_client_free(NULL) == CONCLAVE_OK);
}

static void texts_of_codes(void) {
  CHECK(strcmp(conclave_code_text(CONCLAVE_FENCED), "fenced") == 0);
  CHECK(strcmp(conclave_code_text(CONCLAVE_OK), "ok") == 0);
  CHECK(strlen(conclave_code_text((conclave_code)12345)) > 0);
  CHECK(conclave_code_certainty(CONCLAVE_TIMEOUT) == CONCLAVE_UNKNOWN);
  CHECK(conclave_code_certainty(CONCLAVE_NOT_SENT) == CONCLAVE_DEFINITE);
  CHECK(conclave_code_certainty(CONCLAVE_WOULD_DEADLOCK) == CONCLAVE_DEFINITE);
}

static void wrong_options_of_a_client(void) {
  conclave_error error;
  conclave_client* client = NULL;
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  options.endpoints = "nowhere";
  CHECK(conclave_client_open(&options, &client, &error) == CONCLAVE_INVALID_ARGUMENT && client == NULL);
  options.endpoints = NULL;
  options.tls = true;
  options.tls_ca_file = "/there/is/no/such/file.pem";
  CHECK(conclave_client_open(&options, &client, &error) == CONCLAVE_IO_ERROR && client == NULL);
  CHECK(strstr(error.message, "/there/is/no/such/file.pem") != NULL);
}

int main(void) {
  conclave_client* const client = open_client("127.0.0.1:1"); /* nobody listens there */
  wrong_arguments(client);
  options_of_another_version(client);
  nothing_of_null();
  texts_of_codes();
  wrong_options_of_a_client();
  CHECK(conclave_client_free(client) == CONCLAVE_OK);
  return 0;
}
