"""What the kernel has counted: processor time and resident memory of a process, bytes written to a disk.

The bytes are the device's, whoever wrote them, so nothing else should write meanwhile. What /proc/PID/io calls write_bytes is no measure of
what reaches the disk: it counts whole folios of the page cache as often as one byte of them is written.
"""
import dataclasses
import os

SECTOR = 512  # of /proc/diskstats, whatever the device's own size is
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Sample:
    cpu_seconds: float = 0.0
    resident_bytes: int = 0

    def since(self, earlier):
        """What was used since then; memory is not a flow and stays as it is."""
        return Sample(self.cpu_seconds - earlier.cpu_seconds, self.resident_bytes)


def parse_stat(text):
    """Seconds in user and kernel mode, all threads, from /proc/PID/stat. The name in parentheses may contain anything, even parentheses."""
    fields = text[text.rindex(")") + 1:].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def parse_named(text, name):
    """The number behind `name:` in /proc/PID/status or /proc/meminfo; 0 if there is none."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def sample(pid):
    """An empty sample if the process has ended."""
    try:
        return Sample(parse_stat(read(f"/proc/{pid}/stat")), 1024 * parse_named(read(f"/proc/{pid}/status"), "VmRSS"))
    except OSError:
        return Sample()


def total(samples):
    """Of several processes together; the memory is that of the largest."""
    samples = list(samples)
    return Sample(sum(one.cpu_seconds for one in samples), max((one.resident_bytes for one in samples), default=0))


def parse_diskstats(text, major, minor):
    """Bytes written to that device since the machine started; None if it is not listed."""
    for line in text.splitlines():
        fields = line.split()
        if fields[:2] == [str(major), str(minor)]:
            return int(fields[9]) * SECTOR
    return None


def parse_busy(text):
    """Seconds that all processors together were not idle, from /proc/stat."""
    fields = [int(word) for word in text.split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _iowait, interrupts, soft_interrupts, stolen = fields[:8]
    return (user + nice + system + interrupts + soft_interrupts + stolen) / TICKS_PER_SECOND


def busy_seconds():
    return parse_busy(read("/proc/stat"))


def device_of(directory):
    number = os.stat(directory).st_dev
    return os.major(number), os.minor(number)


def written_bytes(device):
    """0, always, for a file system that is on no block device of its own."""
    return parse_diskstats(read("/proc/diskstats"), *device) or 0
