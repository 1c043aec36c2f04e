"""Building the load programs of the other systems, and naming those of all."""
import glob
import os
import subprocess

import conclave
import etcd
import loads
import zookeeper

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD_SECONDS = 600


class BuildFailed(Exception):
    pass


def newest(paths):
    return max((os.path.getmtime(path) for path in paths), default=0)


def run(command, directory, environment):
    done = subprocess.run(command, cwd=directory, env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=BUILD_SECONDS, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"{command[0]} failed: {done.stderr[-3000:]}")


def build_etcdload(build):
    """The Go client of Debian lies in a GOPATH; nothing is downloaded."""
    program = os.path.join(build, "etcdload")
    sources = glob.glob(os.path.join(HERE, "etcdload", "*.go"))
    if not os.path.exists(program) or os.path.getmtime(program) < newest(sources):
        run(["go", "build", "-o", program, "."], os.path.join(HERE, "etcdload"),
            {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": os.path.join(build, "gocache"), "GOFLAGS": ""})
    return program


def build_zkload(build):
    classes = os.path.join(build, "zkload")
    sources = sorted(glob.glob(os.path.join(HERE, "zkload", "*.java")))
    main = os.path.join(classes, "Load.class")
    if not os.path.exists(main) or os.path.getmtime(main) < newest(sources):
        run(["javac", "-nowarn", "-proc:none", "-implicit:none", "-cp", zookeeper.JAR, "-d", classes, *sources], HERE, {})
    return classes


class Conclave:
    def __init__(self, _build, where):
        self.programs = where["conclave"]

    def cluster(self, directory):
        return conclave.Conclave(directory, self.programs)

    def load(self, directory):
        return loads.LoadProcess([os.path.join(self.programs, "conclave-bench")], serves=False, directory=directory)

    def version(self):
        return conclave.Conclave("", self.programs).version()


class Etcd:
    def __init__(self, build, where):
        self.program = build_etcdload(build)
        self.etcd = where["etcd"]

    def cluster(self, directory):
        return etcd.Etcd(directory, self.etcd)

    def load(self, directory):
        return loads.LoadProcess([self.program], serves=False, directory=directory)

    def version(self):
        return etcd.Etcd("", self.etcd).version()


class ZooKeeper:
    def __init__(self, build, _where):
        self.classes = build_zkload(build)

    def cluster(self, directory):
        return zookeeper.ZooKeeper(directory)

    def load(self, directory):
        """One process for all runs of a round: a virtual machine that has just started would measure its own compiler."""
        return loads.LoadProcess(["java", "-cp", f"{self.classes}:{zookeeper.JAR}", "Load"], serves=True, directory=directory)

    def version(self):
        return zookeeper.ZooKeeper.version()


SYSTEMS = {"conclave": Conclave, "etcd": Etcd, "zookeeper": ZooKeeper}


def prepare(names, build, where):
    """Name -> what makes its clusters and load programs. `where` names conclave's directory and the etcd program."""
    os.makedirs(build, exist_ok=True)
    return {name: SYSTEMS[name](build, where) for name in names}
