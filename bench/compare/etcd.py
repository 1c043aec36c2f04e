"""etcd with its defaults: an acknowledged write has been flushed by a majority."""
import urllib.error
import urllib.request

import cluster
import processes

QUOTA_BYTES = 8 << 30  # the default of 2 GiB is less than the large workloads write


class Etcd(cluster.Cluster):
    name = "etcd"

    def __init__(self, directory, program="etcd"):
        super().__init__(directory)
        self.program = program

    def url(self, number, port):
        return f"http://127.0.0.1:{self.ports[number][port]}"

    def command(self, number):
        members = ",".join(f"n{i + 1}={self.url(i, 1)}" for i in range(cluster.MEMBERS))
        return [self.program, "--name", f"n{number + 1}", "--data-dir", "data", "--logger", "zap", "--log-level", "error",
                "--listen-client-urls", self.url(number, 0), "--advertise-client-urls", self.url(number, 0),
                "--listen-peer-urls", self.url(number, 1), "--initial-advertise-peer-urls", self.url(number, 1),
                "--initial-cluster", members, "--initial-cluster-token", "compare", "--initial-cluster-state", "new",
                "--quota-backend-bytes", str(QUOTA_BYTES)]

    def healthy(self, number):
        """Its health check is a linearizable read."""
        try:
            with urllib.request.urlopen(self.url(number, 0) + "/health", timeout=2) as answer:
                return b'"true"' in answer.read()
        except (urllib.error.URLError, TimeoutError):
            return False

    def version(self):
        words = processes.output_of([self.program, "--version"]).split()
        return words[2] if len(words) > 2 else "unknown"
