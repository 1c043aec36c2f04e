# Standalone Asio compiled once: whoever links conclave_asio sees declarations only, which keeps its own files quick to compile.
# Without the aligned allocator, which a file gets or not depending on what it includes before Asio: memory would be taken in one way
# and given back in another.
add_library(conclave_asio STATIC "${CMAKE_CURRENT_LIST_DIR}/asio.cpp")
target_compile_definitions(conclave_asio PUBLIC ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(conclave_asio PUBLIC OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
# Thread sanitizer cannot see fences; the locks that Asio takes anyway are enough for it.
if(CONCLAVE_SANITIZE STREQUAL "thread")
  target_compile_definitions(conclave_asio PUBLIC ASIO_DISABLE_FENCED_BLOCK)
endif()
set_target_properties(conclave_asio PROPERTIES POSITION_INDEPENDENT_CODE ON)
