# find_package(conclave) gives conclave::client, and conclave::client_asio for programs that include conclave/client_asio.hpp.
include(CMakeFindDependencyMacro)
find_dependency(OpenSSL)
find_dependency(Threads)
include("${CMAKE_CURRENT_LIST_DIR}/conclaveTargets.cmake")
