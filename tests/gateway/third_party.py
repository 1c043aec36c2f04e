#!/usr/bin/python3
"""Programs written for etcd use a cluster of conclave, unmodified, and go on when the leader is killed.

    third_party.py CONCLAVED

Each part needs a Debian package (python3-etcd3gw, python3-tooz, patroni, python3-etcd, etcd-client); one that is not installed is named and not run.
"""
import importlib.util
import logging
import shutil
import subprocess
import sys
import threading
import time

from cluster import Cluster

PATIENCE = 20


def eventually(attempt, what):
    """What attempt() gives once it does not raise."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except Exception as failed:  # the clients raise what they like
            if time.monotonic() > until:
                raise AssertionError(f"{what}: {failed!r}") from failed
            time.sleep(0.1)


def kill_leader(cluster):
    leader = cluster.await_leader()
    cluster.kill(leader)
    return leader


def survivor(cluster):
    return next(i for i, process in enumerate(cluster.processes) if process.poll() is None and i != cluster.leader())


def etcd3gw_client(cluster, i):
    import etcd3gw
    return etcd3gw.Etcd3Client(host="127.0.0.1", port=cluster.http_ports[i], api_path="/v3/", timeout=10)


def test_etcd3gw(cluster):
    leader = cluster.await_leader()
    client = etcd3gw_client(cluster, (leader + 1) % 3)
    assert client.status()["header"]["member_id"]
    assert len(client.members()) == 3
    # Keys.
    assert client.put("key", "value") is True
    assert client.get("key") == [b"value"]
    assert client.get("key", metadata=True)[0][1]["version"] == "1"
    assert client.create("key", "other") is False
    assert client.create("fresh", "one") is True
    assert client.replace("fresh", "one", "two") is True
    assert client.replace("fresh", "one", "three") is False
    assert client.get("fresh") == [b"two"]
    for i in range(5):
        client.put(f"dir/{i}", str(i))
    assert [value for value, _ in client.get_prefix("dir/")] == [b"0", b"1", b"2", b"3", b"4"]
    assert [value for value, _ in client.get_prefix("dir/", sort_order="descend", sort_target="key")][:2] == [b"4", b"3"]
    assert len(client.get_all()) == 7
    assert client.delete("fresh") is True
    assert client.delete("fresh") is False
    assert client.delete_prefix("dir/") is True
    # Transactions.
    import base64
    encoded = base64.b64encode(b"txn").decode()
    outcome = client.transaction({"compare": [{"key": encoded, "result": "EQUAL", "target": "VERSION", "version": 0}],
                                  "success": [{"request_put": {"key": encoded, "value": encoded}}],
                                  "failure": [{"request_range": {"key": encoded}}]})
    assert outcome["succeeded"] is True
    # Leases.
    lease = client.lease(ttl=60)
    assert 55 <= lease.ttl() <= 60
    assert lease.refresh() == 60
    client.put("leased", "x", lease=lease)
    assert lease.keys() == [b"leased"]
    assert lease.revoke() is True
    assert client.get("leased") == []
    # Watches.
    events, cancel = client.watch("watched")
    client.put("watched", "1")
    first = next(events)
    assert first["kv"]["value"] == b"1", first
    cancel()
    # Locks, and a leader that goes while one is held.
    with client.lock("mutex", ttl=30) as lock:
        assert lock.is_acquired()
        assert client.lock("mutex", ttl=30).acquire() is False
        watched, stop = client.watch_prefix("after/")
        gone = kill_leader(cluster)
        eventually(lambda: client.put("after/1", "x"), "a put after the leader has gone")
        assert next(watched)["kv"]["value"] == b"x"
        stop()
        assert lock.refresh() == 30
        assert lock.is_acquired()
    eventually(lambda: client.lock("mutex", ttl=30).acquire() or 1 / 0, "the lock is free again")
    cluster.start(gone)
    cluster.await_ready()


def test_tooz(cluster):
    """OpenStack's coordination library, with the driver for v2 and the one for v3."""
    tooz_locks(cluster, "etcd", groups=False)
    import etcd3gw
    import inspect
    if "api_path" not in inspect.signature(etcd3gw.client).parameters:
        # Debian 12 has a tooz that names the path of the interface, and an etcd3gw whose factory does not take it though its class does: the driver
        # fails before it has sent anything, whatever the server. The class is what later versions of the factory give.
        etcd3gw.client = etcd3gw.Etcd3Client
    tooz_locks(cluster, "etcd3+http", groups=True)


def tooz_locks(cluster, driver, groups):
    from tooz import coordination
    leader = cluster.await_leader()
    url = f"{driver}://127.0.0.1:{cluster.http_ports[(leader + 1) % 3]}"
    first = coordination.get_coordinator(url, b"first")
    second = coordination.get_coordinator(url, b"second")
    first.start()
    second.start()
    try:
        lock = first.get_lock(b"tooz")
        assert lock.acquire(blocking=False)
        assert not second.get_lock(b"tooz").acquire(blocking=False)
        gone = kill_leader(cluster)
        eventually(lambda: first.heartbeat(), "a heartbeat after the leader has gone")
        assert not eventually(lambda: second.get_lock(b"tooz").acquire(blocking=False), "a try to lock after the leader has gone")
        waiting = threading.Thread(target=lambda: second.get_lock(b"tooz").acquire(blocking=True))
        waiting.start()
        assert lock.release()
        waiting.join(PATIENCE)
        assert not waiting.is_alive()
        cluster.start(gone)
        cluster.await_ready()
        if not groups:
            return
        first.create_group(b"group").get()
        first.join_group(b"group", capabilities=b"able").get()
        second.join_group(b"group").get()
        assert second.get_members(b"group").get() == {b"first", b"second"}
        assert second.get_member_capabilities(b"group", b"first").get() == b"able"
        second.leave_group(b"group").get()
        assert first.get_members(b"group").get() == {b"first"}
    finally:
        first.stop()
        second.stop()


def test_patroni(cluster):
    """Patroni's way to etcd 3 as its HA loop uses it: leader key, status, members, watch by prefix, through a change of leader."""
    from patroni.dcs import get_dcs
    config = {"etcd3": {"hosts": [f"127.0.0.1:{port}" for port in cluster.http_ports]}, "scope": "test", "name": "pg1", "ttl": 30,
              "retry_timeout": 10, "loop_wait": 10, "namespace": "/service/"}
    dcs = get_dcs(config)
    other = get_dcs({**config, "name": "pg2"})
    assert dcs.initialize(create_new=True, sysid="71") is True
    assert not other.initialize(create_new=True, sysid="72")
    assert dcs.touch_member({"conn_url": "postgres://x", "state": "running"}) is True
    assert dcs.attempt_to_acquire_leader() is True
    assert not other.attempt_to_acquire_leader()
    assert dcs.set_config_value('{"ttl":30}') is True
    view = eventually(dcs.get_cluster, "the first view")
    assert view.leader.name == "pg1" and view.initialize == "71" and [member.name for member in view.members] == ["pg1"]
    gone = kill_leader(cluster)
    eventually(lambda: dcs.update_leader(1000) or 1 / 0, "the leader key after the leader has gone")
    eventually(lambda: other.touch_member({"conn_url": "postgres://y", "state": "running"}) or 1 / 0, "a member after that")
    view = eventually(other.get_cluster, "a view after that")
    assert view.leader.name == "pg1" and {member.name for member in view.members} == {"pg1", "pg2"}
    assert dcs.manual_failover("pg1", "pg2") is True
    dcs.delete_leader()
    eventually(lambda: other.attempt_to_acquire_leader() or 1 / 0, "the next leader key")
    def seen():  # what a watch of its own keeps up to date
        assert dcs.get_cluster().leader.name == "pg2"
    eventually(seen, "the last view")
    cluster.start(gone)
    cluster.await_ready()


def test_etcd(cluster):
    """python-etcd: the v2 keys API."""
    import etcd
    leader = cluster.await_leader()
    hosts = tuple(("127.0.0.1", port) for port in cluster.http_ports)
    client = etcd.Client(host=hosts, allow_reconnect=True, read_timeout=10)
    assert len(client.machines) == 3 and len(client.members) == 3
    assert client.leader["clientURLs"] == [f"http://127.0.0.1:{cluster.http_ports[leader]}"]
    client.write("/v2/file", "one")
    assert client.read("/v2/file", quorum=True).value == "one"
    try:
        client.write("/v2/file", "x", prevExist=False)
        raise AssertionError("an existing key was created")
    except etcd.EtcdAlreadyExist:
        pass
    try:
        client.test_and_set("/v2/file", "x", "other")
        raise AssertionError("a compare that does not hold held")
    except etcd.EtcdCompareFailed:
        pass
    client.test_and_set("/v2/file", "two", "one")
    for i in range(3):
        client.write("/v2/dir", f"job {i}", append=True)
    assert [child.value for child in client.read("/v2/dir", recursive=True, sorted=True, quorum=True).children] == ["job 0", "job 1", "job 2"]
    # Waits: for what comes, from a known index, and through the end of the leader.
    heard = []
    index = client.read("/v2/file", quorum=True).modifiedIndex
    waiting = threading.Thread(target=lambda: heard.append(client.watch("/v2/file", index=index + 1, timeout=PATIENCE).value))
    waiting.start()
    client.set("/v2/file", "three")
    waiting.join(PATIENCE)
    assert heard == ["three"], heard
    # A TTL ends by itself, and whoever waits hears of it.
    client.write("/v2/brief", "x", ttl=1)
    assert client.read("/v2/brief", quorum=True).ttl == 1
    event = client.watch("/v2/brief", index=client.read("/v2/brief", quorum=True).modifiedIndex + 1, timeout=PATIENCE)
    assert event.action == "expire" and event.key == "/v2/brief", event
    lock = etcd.Lock(client, "lock")
    assert lock.acquire(blocking=True, lock_ttl=60)
    gone = kill_leader(cluster)
    eventually(lambda: client.write("/v2/after", "x"), "a write after the leader has gone")
    assert eventually(lambda: client.read("/v2/after", quorum=True).value, "a read after that") == "x"
    assert eventually(lambda: client.read("/v2/file", quorum=True).value, "what was there before") == "three"
    assert lock.is_acquired
    lock.release()
    client.delete("/v2", recursive=True, dir=True)
    cluster.start(gone)
    cluster.await_ready()


def test_etcdctl(cluster):
    """etcdctl with the v2 API."""
    endpoints = ",".join(f"http://127.0.0.1:{port}" for port in cluster.http_ports)

    def ctl(*words, code=0):
        ran = subprocess.run(["etcdctl", "--endpoints", endpoints, *words], capture_output=True, text=True, timeout=PATIENCE, check=False,
                             env={"ETCDCTL_API": "2", "PATH": "/usr/bin:/bin"})
        assert ran.returncode == code, (words, ran)
        return ran.stdout.strip()
    assert ctl("mkdir", "/ctl") == ""
    assert ctl("set", "/ctl/a", "one") == "one"
    assert ctl("get", "/ctl/a") == "one"
    assert ctl("mk", "/ctl/b", "two") == "two"
    ctl("mk", "/ctl/b", "x", code=4)
    assert ctl("update", "/ctl/b", "three") == "three"
    assert ctl("ls", "--sort", "/ctl").split() == ["/ctl/a", "/ctl/b"]
    ctl("rmdir", "/ctl", code=4)
    kill = kill_leader(cluster)
    eventually(lambda: ctl("set", "/ctl/c", "x"), "a set after the leader has gone")
    assert len(ctl("member", "list").splitlines()) == 3
    ctl("rm", "--recursive", "/ctl")
    ctl("get", "/ctl/a", code=4)
    cluster.start(kill)
    cluster.await_ready()


PARTS = [("etcd3gw", test_etcd3gw), ("tooz", test_tooz), ("patroni", test_patroni), ("etcd", test_etcd), ("etcdctl", test_etcdctl)]


def main(arguments):
    logging.disable(logging.CRITICAL)  # what clients say of a member that is gone is no news
    with Cluster(arguments[0]) as cluster:
        for module, part in PARTS:
            if arguments[1:] and module not in arguments[1:]:
                continue
            if importlib.util.find_spec(module) is None and shutil.which(module) is None:
                print(f"{module}: not installed, not run")
                continue
            started = time.monotonic()
            part(cluster)
            print(f"{module}: passed in {time.monotonic() - started:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
