"""What the machine can do at this moment: the floors under every figure of the same round.

A write is acknowledged after one flush of a majority's disks and one round trip at least. When three members flush on the same disk, the
flush is one of three concurrent streams. How near to the sum of both anything can come that has four processes is what the least chain
tells: a program that only passes messages and flushes.
"""
import json
import os
import socket
import statistics
import subprocess
import threading
import time

RECORD = 2048
FILE_BYTES = 4 << 20
ECHO_BYTES = 64
CHAIN_MARGIN_SECONDS = 60


def summary(latencies):
    latencies.sort()
    return {"per_second": len(latencies) / sum(latencies) if latencies else 0.0,
            "p50_us": 1e6 * statistics.median(latencies), "p99_us": 1e6 * latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))]}


def preallocate(path):
    """A file whose blocks exist and have been written, so that a flush has no metadata to write."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    for offset in range(0, FILE_BYTES, 1 << 20):
        os.pwrite(file, b"\0" * (1 << 20), offset)
    os.fsync(file)
    return file


def flush_for(file, seconds, latencies):
    record = b"r" * RECORD
    offset = 0
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        os.pwrite(file, record, offset)
        os.fdatasync(file)
        latencies.append(time.perf_counter() - begin)
        offset = (offset + RECORD) % FILE_BYTES


def flush_floor(directory, streams, seconds):
    """Latencies of write and fdatasync, with so many streams at the same time; `per_second` is the rate of one of the streams."""
    paths = [os.path.join(directory, f"floor.{i}") for i in range(streams)]
    files = [preallocate(path) for path in paths]
    latencies = [[] for _ in files]
    threads = [threading.Thread(target=flush_for, args=(file, seconds, found)) for file, found in zip(files, latencies)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for file, path in zip(files, paths):
            os.close(file)
            os.unlink(path)
    return summary([latency for found in latencies for latency in found])


def echo_until_closed(connection):
    with connection:
        while data := connection.recv(ECHO_BYTES):
            connection.sendall(data)


def echo_floor(seconds):
    """Round trips of a small message over the loopback interface, one at a time, between two processes."""
    here, there = tcp_pair()
    child = os.fork()
    if child == 0:
        here.close()
        try:
            echo_until_closed(there)
        finally:
            os._exit(0)
    there.close()
    latencies = []
    try:
        end = time.perf_counter() + seconds
        while (begin := time.perf_counter()) < end:
            here.sendall(b"e" * ECHO_BYTES)
            here.recv(ECHO_BYTES)
            latencies.append(time.perf_counter() - begin)
    finally:
        here.close()  # ends the child
        os.waitpid(child, 0)
    return summary(latencies)


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = socket.create_connection(listener.getsockname())
        there, _ = listener.accept()
    for one in (here, there):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return here, there


def chain_floor(program, directory, seconds):
    done = subprocess.run([program, "--directory", directory, "--seconds", str(seconds)], capture_output=True, text=True,
                          timeout=seconds + CHAIN_MARGIN_SECONDS, check=True)
    return json.loads(done.stdout)


def measure(directory, seconds, chain):
    """`chain` is the program conclave-least-chain."""
    return {"flush_1": flush_floor(directory, 1, seconds), "flush_3": flush_floor(directory, 3, seconds), "echo": echo_floor(seconds),
            "chain": chain_floor(chain, directory, seconds)}
