# conclave_flatc(target schema...): generates C++ headers into ${CMAKE_BINARY_DIR}/generated/conclave/protocol and gives target, and
# whoever links it, the way to them (as system headers: our warnings are for our code).
function(conclave_flatc target)
  set(out "${CMAKE_BINARY_DIR}/generated/conclave/protocol")
  set(generated)
  foreach(schema IN LISTS ARGN)
    get_filename_component(stem "${schema}" NAME_WE)
    add_custom_command(
      OUTPUT "${out}/${stem}_generated.h"
      COMMAND ${FLATC} --cpp --scoped-enums --cpp-std c++17 --include-prefix conclave/protocol -o "${out}" "${schema}"
      DEPENDS ${ARGN}
      COMMENT "Generating ${stem}_generated.h")
    list(APPEND generated "${out}/${stem}_generated.h")
  endforeach()
  add_custom_target(${target}_schemas DEPENDS ${generated})
  add_dependencies(${target} ${target}_schemas)
  target_include_directories(${target} SYSTEM PUBLIC "$<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/generated>")
endfunction()
