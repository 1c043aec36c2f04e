#pragma once

namespace conclave::bench {

/// From now on each fsync and fdatasync of this process, and of all that it starts, waits until the holder of the returned
/// descriptor lets it go on (seccomp_unotify(2)). It cannot be taken back. Throws std::system_error.
int hold_flushes();

/// Sends a descriptor over a socket, and receives it: it is the receiver's own then. Both throw std::system_error.
void send_descriptor(int socket, int descriptor);
int receive_descriptor(int socket);

}  // namespace conclave::bench
