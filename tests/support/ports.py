"""Ports for servers that tests start: see conclave/test/ports.hpp, which uses the same lock files.

As a program: `ports.py COUNT -- COMMAND...` runs a command with PORTS in its environment and keeps them for it.
"""
import fcntl
import os
import random
import socket
import sys
import tempfile

LOWEST = 12000
USUAL_END = 32768
_kept = []  # the open files whose locks last as long as this process


def _end_of_ports():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first = int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_END
    return min(first, USUAL_END) if first > LOWEST else USUAL_END


def _lock_directory():
    path = os.path.join(tempfile.gettempdir(), "conclave-test-ports")
    try:
        os.mkdir(path)
        os.chmod(path, 0o777)
    except FileExistsError:
        pass
    return path


def _lock(directory, port):
    try:
        fd = os.open(os.path.join(directory, str(port)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return False
    _kept.append(fd)
    return True


def _nobody_listens(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
            one.listen(1)
        except OSError:
            return False
    return True


def free_ports(count):
    """Ports of the loopback that nobody listens on and that no other process of tests is given while this one lives."""
    directory, end = _lock_directory(), _end_of_ports()
    start = random.randrange(LOWEST, end)
    found = []
    for step in range(end - LOWEST):
        port = LOWEST + (start - LOWEST + step) % (end - LOWEST)
        if _lock(directory, port) and _nobody_listens(port):
            found.append(port)
            if len(found) == count:
                return found
    raise OSError("no port is free")


def main():
    count, _, *command = sys.argv[1:]  # COUNT -- COMMAND...
    os.environ["PORTS"] = " ".join(str(port) for port in free_ports(int(count)))
    for fd in _kept:
        os.set_inheritable(fd, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
