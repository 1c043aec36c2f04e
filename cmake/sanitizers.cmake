# -DCONCLAVE_SANITIZE=address (with undefined behaviour) or =thread
set(CONCLAVE_SANITIZE "" CACHE STRING "address, thread or empty")
if(CONCLAVE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(CONCLAVE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(CONCLAVE_SANITIZE)
  message(FATAL_ERROR "CONCLAVE_SANITIZE is '${CONCLAVE_SANITIZE}': allowed are address, thread and empty")
endif()

# Everything is built so that a fuzzer sees which way it went; tests/fuzz links the targets to it.
option(CONCLAVE_FUZZ "build for libFuzzer, with sanitizers for addresses and undefined behaviour (clang only)" OFF)
if(CONCLAVE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
