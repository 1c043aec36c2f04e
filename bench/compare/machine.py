"""What the figures were measured on, without anything that would name the machine."""
import os
import platform

import sampling


def processor():
    try:
        for line in sampling.read("/proc/cpuinfo").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def file_system(directory):
    """The type of the file system that the data lie on: that of the longest mount point above them."""
    best, kind = "", "unknown"
    for line in sampling.read("/proc/self/mounts").splitlines():
        _, point, this, *_ = line.split()
        inside = os.path.abspath(directory).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, this
    return kind


def describe(directory):
    memory = sampling.parse_named(sampling.read("/proc/meminfo"), "MemTotal") * 1024
    return {"cores": os.cpu_count(), "processor": processor(), "memory_bytes": memory, "kernel": platform.release().split("-")[0],
            "file_system": file_system(directory)}
