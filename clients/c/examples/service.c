/* Registration and discovery: what a service does at its start and its end.   service ENDPOINT[,ENDPOINT...] */
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

  conclave_instance_options me = CONCLAVE_INSTANCE_OPTIONS;
  me.id = "one";
  me.address = "10.0.0.7";
  me.port = 8080;
  me.weight = 2;
  conclave_registration* here = NULL;
  conclave_discovery* printers = NULL;
  conclave_instance* printer = NULL;
  if (conclave_registration_new(client, "printer", &me, NULL, &here, &error) ||
      conclave_registration_ready(here, 5000, NULL, &error) || conclave_discovery_new(client, "printer", NULL, &printers, &error) ||
      conclave_discovery_sync(printers, 5000, NULL, NULL, &error) || /* everything that was registered before is seen */
      conclave_discovery_pick(printers, &printer, &error))
    return fail(&error);
  printf("work goes to %s:%d\n", printer->address, printer->port);
  conclave_instance_free(printer);

  /* The end: first nothing new comes, then it is gone. */
  if (conclave_registration_drain(here, 5000, &error) || conclave_discovery_sync(printers, 5000, NULL, NULL, &error))
    return fail(&error);
  const conclave_code code = conclave_discovery_pick(printers, &printer, &error);
  printf("draining: %s\n", code == CONCLAVE_KEY_NOT_FOUND ? "not chosen any more" : "still chosen");
  if (conclave_registration_deregister(here, 5000, &error)) return fail(&error);

  conclave_registration_free(here);
  conclave_discovery_free(printers);
  conclave_client_free(client);
  return 0;
}
