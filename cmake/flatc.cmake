# conclave_flatc(target schema...): generates C++ headers into ${CMAKE_BINARY_DIR}/generated/conclave/protocol and adds them to target.
function(conclave_flatc target)
  set(out "${CMAKE_BINARY_DIR}/generated/conclave/protocol")
  set(generated)
  foreach(schema IN LISTS ARGN)
    get_filename_component(stem "${schema}" NAME_WE)
    add_custom_command(
      OUTPUT "${out}/${stem}_generated.h"
      COMMAND ${FLATC} --cpp --scoped-enums --cpp-std c++17 --gen-name-strings --no-includes
              --include-prefix conclave/protocol -o "${out}" "${schema}"
      DEPENDS ${ARGN}
      COMMENT "flatc ${stem}.fbs")
    list(APPEND generated "${out}/${stem}_generated.h")
  endforeach()
  add_custom_target(${target}_schemas DEPENDS ${generated})
  add_dependencies(${target} ${target}_schemas)
  target_include_directories(${target} SYSTEM PUBLIC "$<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/generated>")
endfunction()
