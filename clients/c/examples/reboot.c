/* Machines reboot one at a time. The slot outlives the program and the reboot.   reboot ENDPOINT[,ENDPOINT...] */
#include <conclave/conclave.h>
#include <stdio.h>

static int fail(const conclave_error* error) {
  fprintf(stderr, "%s (%s)\n", error->message, error->certainty == CONCLAVE_DEFINITE ? "definite" : "unknown");
  return 1;
}

/* A real program leaves machine and boot out: they are those of the machine that it runs on. */
static conclave_reboot_lock* rack_of(conclave_client* client, const char* machine, const char* boot) {
  conclave_reboot_options options = CONCLAVE_REBOOT_OPTIONS;
  options.machine = machine;
  options.boot = boot;
  conclave_reboot_lock* lock = NULL;
  conclave_reboot_lock_new(client, "racks/b", &options, &lock, NULL);
  return lock;
}

int main(int count, char** words) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  if (count > 1) options.endpoints = words[1];
  conclave_client* client = NULL;
  conclave_error error;
  if (conclave_client_open(&options, &client, &error)) return fail(&error);

  conclave_reboot_lock* const before = rack_of(client, "m1", "monday");
  conclave_reboot_lock* const other = rack_of(client, "m2", "monday");
  conclave_reboot_lock* const after = rack_of(client, "m1", "tuesday"); /* said at each start of the machine */
  conclave_reboot_slot *slot = NULL, *none = NULL;
  if (conclave_reboot_lock_acquire(before, "a new kernel", 0, 10000, NULL, &slot, &error)) return fail(&error);
  printf("%s may reboot: %s\n", slot->machine, slot->reason);
  const conclave_code waited = conclave_reboot_lock_acquire(other, "me too", 0, 100, NULL, &none, &error);
  printf("m2 %s\n", waited == CONCLAVE_OK ? "may as well" : "has to wait");
  const conclave_code early = conclave_reboot_lock_release(before, 5000, &error);
  printf("giving it back without a reboot: %s\n", early == CONCLAVE_OK ? "done" : "refused");
  if (conclave_reboot_lock_release(after, 5000, &error)) return fail(&error);
  puts("after the reboot: given back");

  conclave_reboot_slot_free(slot);
  conclave_reboot_lock_free(before);
  conclave_reboot_lock_free(other);
  conclave_reboot_lock_free(after);
  conclave_client_free(client);
  return 0;
}
