// The header is C++ as well: the same program as in C, with the same warnings.
#include <conclave/conclave.h>

int main() {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  options.endpoints = "127.0.0.1:1";
  conclave_client* client = nullptr;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error) != CONCLAVE_OK) return 1;
  const auto code = conclave_get(client, conclave_text("a"), nullptr, 10, nullptr, &error);
  conclave_client_free(client);
  return code == CONCLAVE_NOT_SENT && error.certainty == CONCLAVE_DEFINITE ? 0 : 1;
}
