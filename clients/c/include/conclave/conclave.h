/// @file
/// The client of conclave for C (C11), and for every language that can call C.
///
///     conclave_client_options options = CONCLAVE_CLIENT_OPTIONS;
///     options.endpoints = "127.0.0.1:7400,127.0.0.1:7410,127.0.0.1:7420";
///     conclave_client* client = NULL;
///     conclave_error error;
///     if (conclave_client_open(&options, &client, &error)) return puts(error.message), 1;
///     if (conclave_put(client, conclave_text("greeting"), conclave_text("hello"), NULL, 5000, NULL, &error)) puts(error.message);
///     conclave_client_free(client);
///
/// Link with -lconclave (pkg-config: conclave-c). The conventions hold for every function; what a function says about itself comes
/// on top.
///
/// 1.  **Names.** Functions and types begin with conclave_, constants with CONCLAVE_. Include this header only; those below
/// conclave/c/
///     are its chapters.
/// 2.  **Handles** are opaque and made by a function that puts them into its last out parameter, *only* when it returns
/// CONCLAVE_OK. Each is
///     yours and ended once, by the function named ..._free. Freeing NULL does nothing. The handles of a client may be freed before
///     or after the client: without it they only answer CONCLAVE_SHUTTING_DOWN.
/// 3.  **Memory.** Nothing that is allocated on one side is freed by the other. What you pass in is copied before the call returns.
/// A pointer
///     that you are given belongs to the handle it came from and is good until that handle is freed.
/// 4.  **Lengths are explicit.** Keys and values are conclave_bytes and may contain zero bytes. What the library gives you is
/// followed by a
///     zero byte that its size does not count. Names, addresses and texts are `const char*`: UTF-8 that ends with a zero byte.
/// 5.  **NULL** for options means all defaults; for an out parameter and for a conclave_error, that you do not want it; for a text,
/// empty.
///     NULL is not allowed for handles and callbacks unless it says so: CONCLAVE_INVALID_ARGUMENT, and nothing happened. Bytes with
///     a NULL pointer are empty if their size is 0 and invalid otherwise.
/// 6.  **Options** are structs that begin with their size. Start from the constant of the same name in capitals, set what you want;
/// a field
///     that is zero has its default. So programs and libraries of different versions understand each other: fields are only
///     appended.
/// 7.  **Time** is in milliseconds and relative. Every operation takes `timeout_ms`: CONCLAVE_DEFAULT_TIMEOUT is the client's own
///     (conclave_client_options); 0 gives it no time at all, so it fails unless the answer is known here.
/// 8.  **Errors.** A function that can fail returns a conclave_code, CONCLAVE_OK is 0. Pass a conclave_error to learn more; it is
/// filled in
///     whenever the function is called, also on success. Every error says whether the outcome is *definite* or *unknown*: after a
///     definite error the request was not carried out and will not be; after an unknown one it may have been or may still be.
///     (CONCLAVE_OUTCOME_FORGOTTEN alone is definite the other way: it was carried out, once, and the answer is not there any
///     more.)
/// 9.  **Two forms.** Every operation that talks to the servers blocks until it is done or its time is over. The form called
/// ..._async
///     takes the same arguments, a callback and a user pointer, and returns at once: CONCLAVE_OK says that the callback will be
///     called, exactly once; anything else, that the operation was not started and the callback will never be called.
/// 10. **Callbacks** run on the client's own thread, one at a time, perhaps before the function that was given them returned. They
/// must not
///     block: leases are renewed by the same thread. They may call everything that does not wait: ..._async, ..._free of all
///     handles but their client, accessors. A function that would wait for that same thread returns CONCLAVE_WOULD_DEADLOCK instead
///     and did nothing. What a callback is given is borrowed until it returns, except handles, which are yours (conclave_reply_keep
///     keeps a reply).
/// 11. **Late callbacks do not exist.** The `user` pointer is handed back with each call and says whom it is for. Once ..._free of
/// a watch, a
///     lease or another handle with callbacks returned, none of them runs or will run, so `user` may be freed. Once
///     conclave_client_free returned, no callback of that client runs or will run; requests that
///     still waited were told CONCLAVE_SHUTTING_DOWN or an unknown outcome. To keep that promise a ..._free waits for a callback
///     that is running, unless that callback is what calls it: hold no lock that the callback takes.
/// 12. **Threads.** Every function may be called from any thread, also on the same handle at the same time. Exceptions: ..._free is
/// the last
///     call on its handle, and a conclave_txn is built by one thread at a time.
/// 13. **Processes.** The library blocks all signals on its thread and changes no other state of the process. After fork() the
/// child has none
///     of its threads: it must not use or free what its parent made.
/// 14. **Writes happen once.** A client has a session with the cluster: what it writes is sent as often as needed and takes effect
/// once,
///     across lost connections and changes of leader. Guards (conclave_guard) make a write depend on something still being held.
/// 15. **Binary compatibility** is kept as long as the soname (libconclave.so.0) stays. Structs that the library gives you grow at
/// the end,
///     so they are reached by pointer and never stored in arrays by you; numbers of codes and kinds stay; new ones may appear.
#ifndef CONCLAVE_CONCLAVE_H
#define CONCLAVE_CONCLAVE_H

#include "conclave/c/barrier.h"
#include "conclave/c/base.h"
#include "conclave/c/client.h"
#include "conclave/c/cluster.h"
#include "conclave/c/election.h"
#include "conclave/c/hold.h"
#include "conclave/c/kv.h"
#include "conclave/c/lease.h"
#include "conclave/c/lock.h"
#include "conclave/c/queue.h"
#include "conclave/c/reboot.h"
#include "conclave/c/reply.h"
#include "conclave/c/semaphore.h"
#include "conclave/c/service.h"
#include "conclave/c/txn.h"
#include "conclave/c/view.h"
#include "conclave/c/watch.h"

#endif
