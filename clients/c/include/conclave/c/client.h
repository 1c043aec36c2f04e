/// @file
/// The client: one for a whole program.
#ifndef CONCLAVE_C_CLIENT_H
#define CONCLAVE_C_CLIENT_H

#include "conclave/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A client. It connects by itself, finds the leader, and goes on through the loss of members.
typedef struct conclave_client conclave_client;

/// How to reach the cluster.
typedef struct conclave_client_options {
  size_t struct_size;          ///< set by CONCLAVE_CLIENT_OPTIONS
  const char* endpoints;       ///< HOST:PORT of any members, with commas between; NULL: 127.0.0.1:7400
  const char* name;            ///< shown beside the session and in the servers' logs
  int64_t request_timeout_ms;  ///< of calls with CONCLAVE_DEFAULT_TIMEOUT; 0: 5,000
  int64_t connect_timeout_ms;  ///< of one connection attempt; 0: 2,000
  int64_t session_ttl_ms;   ///< how long the servers remember this client's writes after it fell silent; 0: 15,000; at least 2,000
  bool without_session;     ///< a write whose answer is lost is then unknown
  bool stay;                ///< use the endpoints only; do not look for the leader
  bool tls;                 ///< speak TLS; the fields below are only used then
  const char* tls_ca_file;  ///< PEM: who signed the servers' certificates; NULL: the system's trust store
  const char* tls_cert_file;    ///< PEM: the client's own certificate, if the servers ask for one
  const char* tls_key_file;     ///< PEM: its key
  const char* tls_server_name;  ///< checked against the servers' certificates instead of the endpoint's host
} conclave_client_options;

/// Defaults for conclave_client_options.
#define CONCLAVE_CLIENT_OPTIONS CONCLAVE_OPTIONS_OF(conclave_client_options)

/// Checks the options and starts connecting; does not wait for it. Errors: CONCLAVE_INVALID_ARGUMENT, CONCLAVE_IO_ERROR
/// (certificates).
CONCLAVE_API conclave_code conclave_client_open(const conclave_client_options* options, conclave_client** client,
                                                conclave_error* error);

/// Closes the session and the connections, tells everything that waits, waits for the client's thread, and frees the client. Its
/// handles become husks that are still to be freed. Calls that still wait on one of its handles are told; none may begin meanwhile.
/// Returns CONCLAVE_WOULD_DEADLOCK, and does nothing, when called from one of its callbacks.
CONCLAVE_API conclave_code conclave_client_free(conclave_client* client);

/// The session with the cluster; 0 while none is open. It is opened with the first write.
CONCLAVE_API conclave_lease_id conclave_client_session(const conclave_client* client);

#ifdef __cplusplus
}
#endif

#endif
