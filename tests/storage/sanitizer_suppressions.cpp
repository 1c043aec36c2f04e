/// WiredTiger is not built with the thread sanitizer, which so sees the memory it copies and not what orders the copies. Calls that
/// come from inside it are left out; what this code does with the results is checked. The threads are those of a connection that is
/// abandoned after a failure, on purpose.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libwiredtiger\nthread:__wt_thread_create\n"; }

/// WiredTiger gives back nothing of its own when it refuses a damaged database (its connection is in panic then, and closing it
/// skips the pages). The tests of damage open dozens of those.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libwiredtiger\n"; }
