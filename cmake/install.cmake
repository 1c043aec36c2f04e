# What is installed for programs that use conclave, and its descriptions for CMake and pkg-config:
# - for C++: libconclave-client.a and the headers of the client and the recipes; find_package(conclave) and conclave::client, conclave.pc;
# - for C: libconclave.so and its headers; find_package(conclave COMPONENTS c) and conclave::c, conclave-c.pc.
# The archive has a name of its own, because the linker would take the shared library, which shows no C++, in its place.
#
# One archive holds the objects of all layers under the client and of Asio, so that a program links one library in no particular order and
# the headers of the inner layers, the generated ones among them, stay inside.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(api_dirs base/include clients/cpp/core/include clients/cpp/include recipes/include)
set(api_headers
  base/include/conclave/base/error.hpp
  base/include/conclave/base/ids.hpp
  base/include/conclave/base/result.hpp
  base/include/conclave/base/strong_id.hpp
  clients/cpp/core/include/conclave/client/request.hpp
  clients/cpp/core/include/conclave/client/types.hpp
  clients/cpp/include/conclave/client.hpp
  clients/cpp/include/conclave/client_asio.hpp
  clients/cpp/include/conclave/io_thread.hpp)
file(GLOB recipe_headers CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/recipes/include/conclave/recipes/*.hpp")
list(APPEND api_headers ${recipe_headers})
list(TRANSFORM api_dirs PREPEND "${CMAKE_SOURCE_DIR}/")
list(TRANSFORM api_headers PREPEND "${CMAKE_SOURCE_DIR}/")

add_library(conclave_package STATIC)
foreach(layer base protocol session_core client asio recipes_core recipes)
  target_sources(conclave_package PRIVATE $<TARGET_OBJECTS:conclave_${layer}>)
endforeach()
target_sources(conclave_package PUBLIC FILE_SET HEADERS BASE_DIRS ${api_dirs} FILES ${api_headers})
set_target_properties(conclave_package PROPERTIES OUTPUT_NAME conclave-client EXPORT_NAME client LINKER_LANGUAGE CXX)
target_compile_features(conclave_package PUBLIC cxx_std_20)
# The archive is compiled as C++20. A program that is compiled as C++23 must not take std::expected where the archive has tl::expected.
target_compile_definitions(conclave_package INTERFACE CONCLAVE_TL_EXPECTED)
target_link_libraries(conclave_package INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

# For programs that include conclave/client_asio.hpp: they take Asio's functions from the archive, which has them compiled.
add_library(conclave_package_asio INTERFACE)
set_target_properties(conclave_package_asio PROPERTIES EXPORT_NAME client_asio)
target_compile_definitions(conclave_package_asio INTERFACE ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(conclave_package_asio INTERFACE conclave_package)

install(TARGETS conclave_package conclave_package_asio EXPORT conclave
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

install(TARGETS conclave_shared EXPORT conclave_c
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/conclave)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/conclaveConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_LIST_DIR}/conclaveConfig.cmake" "${CMAKE_BINARY_DIR}/conclaveConfigVersion.cmake"
  DESTINATION ${package_dir} COMPONENT development)
install(EXPORT conclave FILE conclaveTargets.cmake NAMESPACE conclave:: DESTINATION ${package_dir} COMPONENT development)
install(EXPORT conclave_c FILE conclaveTargetsC.cmake NAMESPACE conclave:: DESTINATION ${package_dir} COMPONENT development)

file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
foreach(pc conclave conclave-asio conclave-c)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/${pc}.pc.in" "${CMAKE_BINARY_DIR}/${pc}.pc" @ONLY)
  install(FILES "${CMAKE_BINARY_DIR}/${pc}.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()
