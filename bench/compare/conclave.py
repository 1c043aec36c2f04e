"""conclave from a build directory, with its defaults."""
import os
import subprocess

import cluster
import processes


class Conclave(cluster.Cluster):
    name = "conclave"

    def __init__(self, directory, programs):
        super().__init__(directory)
        self.programs = programs

    def program(self, name):
        return os.path.join(self.programs, name)

    def command(self, number):
        members = ",".join(f"n{i + 1}=127.0.0.1:{self.ports[i][1]}" for i in range(cluster.MEMBERS))
        return [self.program("conclaved"), "--name", f"n{number + 1}", "--data-dir", "data",
                "--listen-client", f"127.0.0.1:{self.client_port(number)}", "--listen-peer", f"127.0.0.1:{self.ports[number][1]}",
                "--initial-cluster", members, "--cluster-token", "compare"]

    def healthy(self, number):
        """A linearizable read; that there is no such key is an answer too."""
        try:
            got = subprocess.run([self.program("conclavectl"), "--endpoints", f"127.0.0.1:{self.client_port(number)}", "--timeout", "1s",
                                  "get", "health"], capture_output=True, timeout=3, check=False)
        except subprocess.TimeoutExpired:
            return False
        return got.returncode == 0

    def version(self):
        words = processes.output_of([self.program("conclaved"), "--version"]).split()
        return words[-1] if words else "unknown"
