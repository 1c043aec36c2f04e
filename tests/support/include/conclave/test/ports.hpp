#pragma once

#include <cstdint>

namespace conclave::test {

/// A TCP port of the loopback that nobody listens on, for a server that this test starts, and starts again, while this process lives.
///
/// It lies below the ports that the system gives to connections: a port that was free for a moment can be the other end of a client's
/// connection when a killed server wants it back. Every process of tests on this machine keeps a lock for each port it was given.
[[nodiscard]] std::uint16_t free_port();

}  // namespace conclave::test
