/// WiredTiger is not built with the thread sanitizer, which so sees the memory it copies and not what orders the copies. Calls that
/// come from inside it are left out; what this code does with the results is checked.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the name is the sanitizer's
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libwiredtiger\n"; }
