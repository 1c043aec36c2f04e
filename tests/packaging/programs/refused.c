/* The C library alone, as an installed program uses it. Nobody listens on the endpoint: what is tested is that it compiles, links and runs. */
#include <conclave/conclave.h>
#include <stdio.h>

int main(void) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  options.endpoints = "127.0.0.1:1";
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error) != CONCLAVE_OK) return fprintf(stderr, "%s\n", error.message), 1;
  conclave_put(client, conclave_text("greeting"), conclave_text("hello"), NULL, 200, NULL, &error);
  conclave_client_free(client);
  return error.code == CONCLAVE_NOT_SENT && error.certainty == CONCLAVE_DEFINITE ? 0 : 1;
}
