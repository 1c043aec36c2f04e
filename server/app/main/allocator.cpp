#ifdef CONCLAVE_JEMALLOC

// Read by jemalloc when it starts, before main(); MALLOC_CONF in the environment comes after it (docs/decisions/0021). Few threads
// allocate much, so two arenas do; and what was freed goes back to the system after a second, not after ten.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000";
}

#endif
