/// @file
/// Services: instances tell where they are, and others find them.
#ifndef CONCLAVE_C_SERVICE_H
#define CONCLAVE_C_SERVICE_H

#include "conclave/c/hold.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The registration of one instance, for as long as it is not freed. Its entry stands on a lease of its own: when the process dies
/// it is gone after a TTL. When the lease is lost, or somebody deletes the entry, it registers again by itself. There is one entry
/// for an id; who registers last has it, and who had it before is told (CONCLAVE_REGISTRATION_REPLACED) and stays away.
typedef struct conclave_registration conclave_registration;
/// The instances of a service, kept in memory and up to date without a gap.
typedef struct conclave_discovery conclave_discovery;

/// How an instance is.
typedef enum conclave_instance_state CONCLAVE_ENUM {
  CONCLAVE_INSTANCE_UP = 0,        ///< takes work
  CONCLAVE_INSTANCE_DRAINING = 1,  ///< finishes what it has; nothing new should be sent to it
  CONCLAVE_INSTANCE_UNHEALTHY = 2  ///< says so itself, or did not say otherwise in time
} conclave_instance_state;

/// A name and a value that an instance tells beside the rest.
typedef struct conclave_label {
  const char* name;   ///< each once
  const char* value;  ///< of the name
} conclave_label;

/// What an instance tells of itself.
typedef struct conclave_instance_options {
  size_t struct_size;          ///< set by CONCLAVE_INSTANCE_OPTIONS
  const char* id;              ///< unique in the service; no slashes; NULL: one is made up
  const char* address;         ///< where it is
  uint16_t port;               ///< where it listens
  uint64_t weight;             ///< its share among those that are chosen by weight; 0: 1
  bool not_chosen;             ///< it is found, and never chosen by weight
  const char* version;         ///< of its program
  const char* const* tags;     ///< tags_size of them
  size_t tags_size;            ///< how many tags
  const conclave_label* meta;  ///< meta_size of them
  size_t meta_size;            ///< how many labels
} conclave_instance_options;
/// Defaults for conclave_instance_options.
#define CONCLAVE_INSTANCE_OPTIONS CONCLAVE_OPTIONS_OF(conclave_instance_options)

/// An instance as others see it.
typedef struct conclave_instance {
  const char* id;                 ///< unique in the service
  const char* address;            ///< where it is
  uint16_t port;                  ///< where it listens
  uint64_t weight;                ///< 0: it is not chosen by weight
  const char* version;            ///< of its program
  const char* const* tags;        ///< tags_size of them
  size_t tags_size;               ///< how many tags
  const conclave_label* meta;     ///< meta_size of them, in the order of their names
  size_t meta_size;               ///< how many labels
  conclave_instance_state state;  ///< how it is
} conclave_instance;
/// Ends an instance that conclave_discovery_pick gave.
CONCLAVE_API void conclave_instance_free(conclave_instance* instance);

/// How a registration stands.
typedef enum conclave_registration_state CONCLAVE_ENUM {
  CONCLAVE_REGISTRATION_WAITING = 0,     ///< at the beginning, after the lease was lost, or before the first report of good health
  CONCLAVE_REGISTRATION_REGISTERED = 1,  ///< as far as it knows
  CONCLAVE_REGISTRATION_REPLACED = 2,    ///< another process registered under the same id; this one stays away
  CONCLAVE_REGISTRATION_ENDED = 3        ///< deregistered, or the client is closed
} conclave_registration_state;

/// Told of each change of a registration's state.
typedef void (*conclave_registration_callback)(void* user, conclave_registration_state state);

/// How an instance is registered.
typedef struct conclave_registration_options {
  size_t struct_size;                       ///< set by CONCLAVE_REGISTRATION_OPTIONS
  int64_t ttl_ms;                           ///< how long it is found after this process died; 0: 10,000; at least 2,000
  const char* owner;                        ///< shown to others; NULL: HOST:PID
  int64_t jitter_ms;                        ///< after a lost lease it pauses by chance, at most so long; 0: 1,000
  bool unhealthy;                           ///< nothing is registered before the first report of good health
  int64_t health_within_ms;                 ///< unhealthy without a good report for so long; 0: reports need not be repeated
  conclave_registration_callback on_state;  ///< may be NULL
  void* user;                               ///< for on_state
} conclave_registration_options;
/// Defaults for conclave_registration_options.
#define CONCLAVE_REGISTRATION_OPTIONS CONCLAVE_OPTIONS_OF(conclave_registration_options)

/// Begins to register an instance; does not wait for it.
CONCLAVE_API conclave_code conclave_registration_new(conclave_client* client, const char* service,
                                                     const conclave_instance_options* instance,
                                                     const conclave_registration_options* options,
                                                     conclave_registration** registration, conclave_error* error);
/// Deregisters, without waiting, and ends the handle.
CONCLAVE_API void conclave_registration_free(conclave_registration* registration);
/// Waits until others can see what was said last. CONCLAVE_ALREADY_EXISTS: it was replaced.
CONCLAVE_API conclave_code conclave_registration_ready(conclave_registration* registration, int64_t timeout_ms, conclave_stop* stop,
                                                       conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_registration_ready_async(conclave_registration* registration, int64_t timeout_ms,
                                                             conclave_stop* stop, conclave_done_callback done, void* user);
/// How it stands; CONCLAVE_REGISTRATION_ENDED of NULL.
CONCLAVE_API conclave_registration_state conclave_registration_state_of(const conclave_registration* registration);
/// Its id. Belongs to the registration.
CONCLAVE_API const char* conclave_registration_id(const conclave_registration* registration);
/// Says how the instance is. Asks nobody; conclave_registration_ready waits until others know.
CONCLAVE_API void conclave_registration_report_health(conclave_registration* registration, bool healthy);
/// Tells something else about the instance; its id and state stay. Asks nobody, as the last one.
CONCLAVE_API conclave_code conclave_registration_update(conclave_registration* registration,
                                                        const conclave_instance_options* instance, conclave_error* error);
/// The instance stays registered, and others see that nothing new should be sent to it. Waits until they can.
CONCLAVE_API conclave_code conclave_registration_drain(conclave_registration* registration, int64_t timeout_ms,
                                                       conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_registration_drain_async(conclave_registration* registration, int64_t timeout_ms,
                                                             conclave_done_callback done, void* user);
/// The instance takes new work again.
CONCLAVE_API conclave_code conclave_registration_resume(conclave_registration* registration, int64_t timeout_ms,
                                                        conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_registration_resume_async(conclave_registration* registration, int64_t timeout_ms,
                                                              conclave_done_callback done, void* user);
/// The instance is found no more. After an error it is removed in the background, at the latest when its lease ends. The handle is
/// still to be freed.
CONCLAVE_API conclave_code conclave_registration_deregister(conclave_registration* registration, int64_t timeout_ms,
                                                            conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_registration_deregister_async(conclave_registration* registration, int64_t timeout_ms,
                                                                  conclave_done_callback done, void* user);

/// Instances of a service at one revision, in the order of their ids.
typedef struct conclave_instances conclave_instances;
/// How many there are.
CONCLAVE_API size_t conclave_instances_size(const conclave_instances* instances);
/// One of them, which belongs to the list; NULL beyond the end.
CONCLAVE_API const conclave_instance* conclave_instances_at(const conclave_instances* instances, size_t position);
/// Ends a list that conclave_discovery_instances gave.
CONCLAVE_API void conclave_instances_free(conclave_instances* instances);

/// Told of all instances whenever one came, changed or went, and first when they are known. The list is borrowed.
typedef void (*conclave_instances_callback)(void* user, const conclave_instances* instances);
/// How a wait ended that gives a revision; 0 if it failed.
typedef void (*conclave_revision_callback)(void* user, const conclave_error* error, conclave_revision revision);

/// How conclave_discovery_pick chooses among the instances that are up.
typedef enum conclave_pick_by CONCLAVE_ENUM {
  CONCLAVE_PICK_BY_TURN = 0,   ///< one after the other
  CONCLAVE_PICK_BY_WEIGHT = 1  ///< each as often as its weight says, evenly mixed
} conclave_pick_by;

/// What is looked for.
typedef struct conclave_discovery_options {
  size_t struct_size;                     ///< set by CONCLAVE_DISCOVERY_OPTIONS
  conclave_pick_by pick_by;               ///< how one is chosen
  const char* tag;                        ///< only instances that have this tag; NULL: all
  int64_t confirm_every_ms;               ///< asks so often whether the list is up to date, which bounds its age; 0: never
  conclave_instances_callback on_change;  ///< may be NULL
  void* user;                             ///< for on_change
} conclave_discovery_options;
/// Defaults for conclave_discovery_options.
#define CONCLAVE_DISCOVERY_OPTIONS CONCLAVE_OPTIONS_OF(conclave_discovery_options)

/// Begins to look for the instances of a service; does not wait for it. While the cluster cannot be reached the last list stays.
CONCLAVE_API conclave_code conclave_discovery_new(conclave_client* client, const char* service,
                                                  const conclave_discovery_options* options, conclave_discovery** discovery,
                                                  conclave_error* error);
/// Ends it, and calls off what waits with it. What it gave stays.
CONCLAVE_API void conclave_discovery_free(conclave_discovery* discovery);
/// Waits until the instances are known for the first time; there may be none.
CONCLAVE_API conclave_code conclave_discovery_ready(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                                    conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_discovery_ready_async(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                                          conclave_done_callback done, void* user);
/// Waits until every registration that completed before this call is seen; `*revision` (may be NULL) is what is seen then.
CONCLAVE_API conclave_code conclave_discovery_sync(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                                   conclave_revision* revision, conclave_error* error);
/// The same with a callback.
CONCLAVE_API conclave_code conclave_discovery_sync_async(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                                         conclave_revision_callback done, void* user);
/// All instances, in whatever state. Asks nobody.
CONCLAVE_API conclave_code conclave_discovery_instances(const conclave_discovery* discovery, conclave_instances** instances,
                                                        conclave_error* error);
/// The next one to send work to: one that is up. CONCLAVE_KEY_NOT_FOUND: none is. Asks nobody.
CONCLAVE_API conclave_code conclave_discovery_pick(conclave_discovery* discovery, conclave_instance** instance,
                                                   conclave_error* error);
/// How old the list is at most; -1 before it is known.
CONCLAVE_API int64_t conclave_discovery_age_ms(const conclave_discovery* discovery);

#ifdef __cplusplus
}
#endif

#endif
