#!/usr/bin/env python3
"""Random operations of the v2 keys API against three members and, at the same time, against a small model of the tree: every answer is compared.

    v2_property.py CONCLAVED [SEED [STEPS]]
"""
import http.client
import json
import os
import random
import sys
import urllib.parse

from cluster import Cluster


class Failed(Exception):
    def __init__(self, code, cause):
        super().__init__(code, cause)
        self.code = code
        self.cause = cause


class Model:
    """path -> {dir, value, created, modified, ttl}; the root is not among them."""

    def __init__(self, index):
        self.index = index
        self.nodes = {}

    @staticmethod
    def parents(path):
        parts = path.split("/")[1:]
        return ["/" + "/".join(parts[:i]) for i in range(1, len(parts))]

    def lookup(self, path):
        for at in [*self.parents(path), path]:
            if at not in self.nodes:
                raise Failed(100, at)
            if at != path and not self.nodes[at]["dir"]:
                raise Failed(104, at)
        return self.nodes[path]

    def below(self, path):
        prefix = "" if path == "/" else path
        return sorted(at for at in self.nodes if at.startswith(prefix + "/"))

    @staticmethod
    def shown(path, node, with_value=True):
        out = {"key": path, "modifiedIndex": node["modified"], "createdIndex": node["created"]}
        if node["dir"]:
            out["dir"] = True
        elif with_value:
            out["value"] = node["value"]
        if node["ttl"] and with_value:
            out["ttl"] = True
        return out

    def event(self, action, path, node, prev, with_value=True):
        out = {"action": action, "node": self.shown(path, node, with_value)}
        if prev:
            out["prevNode"] = self.shown(path, prev)
        return out

    def put_new(self, path, action, p, replace):
        for at in self.parents(path):
            if at in self.nodes and not self.nodes[at]["dir"]:
                raise Failed(104, at)
        prev = self.nodes.get(path)
        if prev and not replace:
            raise Failed(105, path)
        if prev and prev["dir"]:
            raise Failed(102, path)
        self.index += 1
        for at in self.parents(path):
            self.nodes.setdefault(at, {"dir": True, "value": "", "created": self.index, "modified": self.index, "ttl": False})
        is_dir = p.get("dir") == "true"
        self.nodes[path] = {"dir": is_dir, "value": "" if is_dir else p.get("value", ""), "created": self.index, "modified": self.index,
                            "ttl": "ttl" in p}
        return self.event(action, path, self.nodes[path], prev)

    @staticmethod
    def compare(p, node):
        causes = []
        if "prevValue" in p and p["prevValue"] != node["value"]:
            causes.append(f"[{p['prevValue']} != {node['value']}]")
        if p.get("prevIndex", "0") != "0" and int(p["prevIndex"]) != node["modified"]:
            causes.append(f"[{p['prevIndex']} != {node['modified']}]")
        if causes:
            raise Failed(101, " ".join(causes))

    def change(self, path, action, p):
        node = self.lookup(path)
        if node["dir"] and (action == "compareAndSwap" or p.get("value", "")):
            raise Failed(102, path)
        if action == "compareAndSwap":
            self.compare(p, node)
        self.index += 1
        value = "" if node["dir"] else node["value"] if p.get("refresh") == "true" else p.get("value", "")
        self.nodes[path] = {**node, "value": value, "modified": self.index, "ttl": "ttl" in p}
        return self.event(action, path, self.nodes[path], node)

    def remove(self, path, p):
        node = self.lookup(path)
        conditional = "prevValue" in p or p.get("prevIndex", "0") != "0"
        if conditional:
            if node["dir"]:
                raise Failed(102, path)
            self.compare(p, node)
        recursive = p.get("recursive") == "true"
        if node["dir"]:
            if p.get("dir") != "true" and not recursive:
                raise Failed(102, path)
            if self.below(path) and not recursive:
                raise Failed(108, path)
        self.index += 1
        for at in [*self.below(path), path]:
            del self.nodes[at]
        gone = {**node, "modified": self.index}
        return self.event("compareAndDelete" if conditional else "delete", path, gone, node, with_value=False)

    def listing(self, path, recursive):
        def children(at):
            out = []
            for child in self.below(at):
                if child.rsplit("/", 1)[0] != ("" if at == "/" else at) or child.rsplit("/", 1)[1].startswith("_"):
                    continue
                node = self.shown(child, self.nodes[child])
                if recursive and self.nodes[child]["dir"] and children(child):
                    node["nodes"] = children(child)
                out.append(node)
            return out
        node = {"dir": True} if path == "/" else self.shown(path, self.lookup(path))
        if node.get("dir") and children(path):
            node["nodes"] = children(path)
        return {"action": "get", "node": node}

    def run(self, method, path, p):
        if method == "GET":
            return self.listing(path, p.get("recursive") == "true")
        if method == "POST":
            return self.put_new(("" if path == "/" else path) + f"/{self.index + 1:020d}", "create", p, replace=False)
        if path == "/":
            raise Failed(107, "/")
        if method == "DELETE":
            return self.remove(path, p)
        conditional = "prevValue" in p or p.get("prevIndex", "0") != "0"
        if p.get("prevExist") == "false":
            return self.put_new(path, "create", p, replace=False)
        if conditional:
            return self.change(path, "compareAndSwap", p)
        if p.get("prevExist") == "true":
            return self.change(path, "update", p)
        if p.get("refresh") == "true":
            return self.put_new(path, "set", {**p, "value": self.lookup(path)["value"]}, replace=True)
        return self.put_new(path, "set", p, replace=True)


def random_operation(rng, index):
    path = "/" if rng.random() < 0.05 else "".join("/" + rng.choice(["a", "b", "c", "_h"]) for _ in range(rng.randint(1, 3)))
    method = rng.choice(["PUT"] * 6 + ["POST", "DELETE", "DELETE", "GET", "GET"])
    p = {}
    if method in ("PUT", "POST") and rng.random() < 0.8:
        p["value"] = rng.choice(["x", "y", "z", "ü &=%"])
    if rng.random() < 0.25:
        p["dir"] = "true"
    if rng.random() < 0.25:
        p["recursive"] = "true"
    if method in ("PUT", "POST") and rng.random() < 0.2:
        p["ttl"] = str(rng.randint(1000, 2000))
    if method == "PUT" and rng.random() < 0.3:
        p["prevExist"] = rng.choice(["true", "false"])
    if method in ("PUT", "DELETE") and rng.random() < 0.25:
        p["prevValue"] = rng.choice(["x", "y", "z"])
    if method in ("PUT", "DELETE") and rng.random() < 0.15:
        p["prevIndex"] = str(max(0, index - rng.randint(0, 3)))
    if method == "PUT" and rng.random() < 0.1:
        p = {key: value for key, value in p.items() if key != "value"}
        p.update(refresh="true", ttl="1500")
    if method == "GET":
        p["quorum"] = "true"
    return method, path, p


def ask(port, method, path, p, rng):
    """Conditions ride in the query or in the form, as clients like it."""
    form = {} if method in ("GET", "DELETE") else {key: value for key, value in p.items() if rng.random() < 0.7 or key == "value"}
    query = {key: value for key, value in p.items() if key not in form}
    target = "/v2/keys" + urllib.parse.quote(path) + ("?" + urllib.parse.urlencode(query) if query else "")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    connection.request(method, target, urllib.parse.urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, answer.headers, body


def plain(node):
    """What is left of a TTL differs by the moment; that there is one does not."""
    out = {key: value for key, value in node.items() if key not in ("expiration", "ttl", "nodes")}
    if "expiration" in node:
        out["ttl"] = True
        assert 900 < node["ttl"] <= 2000, node
    if "nodes" in node:
        out["nodes"] = [plain(child) for child in node["nodes"]]
    return out


STATUS = {100: 404, 101: 412, 102: 403, 104: 400, 105: 412, 107: 400, 108: 403}


def main(arguments):
    seed = int(arguments[1]) if len(arguments) > 1 else 7
    steps = int(arguments[2]) if len(arguments) > 2 else 5000 if os.environ.get("CONCLAVE_TEST_FULL") else 800
    rng = random.Random(seed)
    with Cluster(arguments[0]) as cluster:
        model = Model(int(cluster.call(0, "/v3/kv/range", {"key": "AA=="})["header"]["revision"]))
        for step in range(steps):
            method, path, p = random_operation(rng, model.index)
            try:
                expected = model.run(method, path, p)
                created = expected["action"] == "create" or (expected["action"] == "set" and "prevNode" not in expected)
                status = 201 if created else 200
            except Failed as failed:
                expected = {"errorCode": failed.code, "cause": failed.cause}
                status = STATUS[failed.code]
            got_status, headers, got = ask(cluster.http_ports[step % 3], method, path, p, rng)
            seen = {key: got[key] for key in ("errorCode", "cause")} if "errorCode" in got else {
                "action": got["action"], **{key: plain(got[key]) for key in ("node", "prevNode") if key in got}}
            where = f"seed {seed} step {step}: {method} {path} {p}"
            assert seen == expected, f"{where}\nexpected {expected}\ngot      {seen}"
            assert got_status == status, f"{where}: status {got_status}, not {status}"
            assert int(headers["X-Etcd-Index"]) == model.index, f"{where}: index {headers['X-Etcd-Index']}, not {model.index}"
    print(f"{steps} operations answered alike, seed {seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
