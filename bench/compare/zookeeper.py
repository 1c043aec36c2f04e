"""ZooKeeper as Debian packages it. forceSync, the default, flushes the log before a write is acknowledged."""
import os
import socket

import cluster
import processes

JAR = "/usr/share/java/zookeeper.jar"
HEAP = "-Xmx1000m"  # what its own start script takes if nothing is said


class ZooKeeper(cluster.Cluster):
    name = "zookeeper"
    ports_per_member = 3

    def prepare(self, number):
        directory = self.member_directory(number)
        servers = [f"server.{i + 1}=127.0.0.1:{self.ports[i][1]}:{self.ports[i][2]}" for i in range(cluster.MEMBERS)]
        lines = [f"dataDir={directory}", f"clientPort={self.client_port(number)}", "clientPortAddress=127.0.0.1", "tickTime=2000",
                 "initLimit=10", "syncLimit=5", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=srvr",
                 *servers]
        with open(os.path.join(directory, "zoo.cfg"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        with open(os.path.join(directory, "myid"), "w", encoding="ascii") as file:
            file.write(f"{number + 1}\n")

    def command(self, number):
        return ["java", HEAP, "-cp", JAR, "-Dzookeeper.forceSync=yes", "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zoo.cfg"]

    def healthy(self, number):
        with socket.create_connection(("127.0.0.1", self.client_port(number)), timeout=2) as connection:
            connection.sendall(b"srvr")
            answer = b""
            while data := connection.recv(4096):
                answer += data
        return b"Mode: leader" in answer or b"Mode: follower" in answer

    @staticmethod
    def version():
        package = processes.output_of(["dpkg-query", "-W", "-f=${Version}", "zookeeper"])
        return package.split("-")[0] or "unknown"
