/* The first program: stores a greeting and reads it back.   first ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_reply* reply = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fprintf(stderr, "%s\n", error.message), 1;
  if (conclave_put(client, conclave_text("greeting"), conclave_text("hello"), NULL, 5000, NULL, &error) ||
      conclave_get(client, conclave_text("greeting"), NULL, 5000, &reply, &error)) {
    fprintf(stderr, "%s (%s)\n", error.message, error.certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
    return conclave_client_free(client), 1;
  }
  printf("%s\n", (const char*)conclave_reply_kv(reply, 0)->value.data); /* a zero byte follows what the library gives */
  conclave_reply_free(reply);
  conclave_client_free(client);
  return 0;
}
