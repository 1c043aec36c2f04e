# Warnings of g++ are errors in our own code; clang, which only fuzz targets are built with, has others.
function(conclave_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wimplicit-fallthrough
    -Wswitch)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  target_compile_options(${target} PRIVATE -Werror)
  # g++ 12 reports false positives of these inside the standard library when it inlines at -O2.
  target_compile_options(${target} PRIVATE -Wno-error=maybe-uninitialized
    -Wno-error=array-bounds -Wno-error=stringop-overflow -Wno-error=restrict -Wno-error=dangling-pointer)
endfunction()
