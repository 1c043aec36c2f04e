/* What the test programs in C share: a check that prints where it failed, and a client of the cluster that the test started. */
#ifndef CHECK_H
#define CHECK_H

#include <conclave/conclave.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                       \
    }                                                                                \
  } while (0)

/* The call succeeds; if not, its conclave_error `error` says why. */
#define WORKS(call)                                                                 \
  do {                                                                              \
    if ((call) != CONCLAVE_OK) {                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, error.message); \
      exit(1);                                                                      \
    }                                                                               \
    CHECK(error.code == CONCLAVE_OK);                                               \
    CHECK(error.message[0] == 0);                                                   \
  } while (0)

static inline conclave_client* open_client(const char* endpoints) {
  conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
  options.endpoints = endpoints;
  options.name = "a test in C";
  options.session_ttl_ms = 120000; /* a busy machine, and valgrind, may stop a process for long */
  conclave_client* client = NULL;
  conclave_error error;
  WORKS(conclave_client_open(&options, &client, &error));
  return client;
}

static inline int same(conclave_bytes left, const char* right) {
  return left.size == strlen(right) && memcmp(left.data, right, left.size) == 0;
}

/* Something that a callback says and the main thread waits for. */
#include <threads.h>
typedef struct signal_box {
  mtx_t mutex;
  cnd_t changed;
  int count;
} signal_box;

static inline void box_init(signal_box* box) {
  CHECK(mtx_init(&box->mutex, mtx_plain) == thrd_success);
  CHECK(cnd_init(&box->changed) == thrd_success);
  box->count = 0;
}
static inline void box_end(signal_box* box) {
  mtx_destroy(&box->mutex);
  cnd_destroy(&box->changed);
}
static inline void box_raise(signal_box* box) {
  mtx_lock(&box->mutex);
  ++box->count;
  cnd_broadcast(&box->changed);
  mtx_unlock(&box->mutex);
}
static inline void box_await(signal_box* box, int count) {
  mtx_lock(&box->mutex);
  while (box->count < count) cnd_wait(&box->changed, &box->mutex);
  mtx_unlock(&box->mutex);
}

#endif
