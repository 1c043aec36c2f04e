#!/usr/bin/env python3
"""Every call of the scheduler's HTTP interface, good and bad, against real members, a scheduler and an agent. What is bad gets a status of 4xx and a
JSON body that says what is wrong, and where.

    calls.py BIN_DIRECTORY
"""
import http.client
import json
import socket
import sys
import threading

from park import Park, until

COMMAND = {"command": ["true"]}


def submit_and_look(park):
    status, headers, text = park.ask("POST", "/v1/jobs", {"id": "hello", "command": ["sh", "-c", "echo out; echo err >&2"]})
    assert status == 201 and json.loads(text) == {"jobs": ["hello"], "new": True}, (status, text)
    assert headers["Location"] == "/v1/jobs/hello" and headers["Content-Type"] == "application/json"
    park.await_phase("hello", "succeeded")
    shown = park.get("/v1/jobs/hello")
    run = shown["jobs"]["hello"]["runs"]["1"]
    assert shown["spec"]["command"][2].startswith("echo") and run["exit_code"] == 0 and run["agent"] == "a0", shown
    status, headers, text = park.ask("GET", "/v1/jobs/hello/logs")
    assert status == 200 and sorted(text.split()) == ["err", "out"] and headers["Content-Type"].startswith("text/plain"), text
    assert headers["Conclave-Epoch"] == "1" and headers["X-Content-Type-Options"] == "nosniff"
    assert park.ask("GET", "/v1/jobs/hello/logs?epoch=1")[2] == text
    made_up = park.post("/v1/jobs", COMMAND)["jobs"]
    assert len(made_up) == 1 and made_up[0].startswith("job-")
    park.await_phase(made_up[0], "succeeded")


def submit_several(park):
    assert park.post("/v1/jobs", [{"id": "one", **COMMAND}, {"id": "two", **COMMAND, "after": ["one"]}])["jobs"] == ["one", "two"]
    assert park.post("/v1/jobs", {"jobs": [{"id": "sweep", **COMMAND, "count": 12}]})["jobs"] == ["sweep"]
    park.await_phase("two", "succeeded")
    until("the array is done", lambda: park.get("/v1/jobs?job=sweep&phase=succeeded")["total"] == 12)


def submit_once(park):
    job = {"id": "once", **COMMAND}
    status, _, text = park.ask("POST", "/v1/jobs", job, {"Idempotency-Key": "k1"})
    assert status == 201 and json.loads(text)["new"]
    for headers, body in (({"Idempotency-Key": '"k1"'}, job), ({}, {**job, "idempotency_key": "k1"}), ({"Idempotency-Key": "k1"}, {**job, "idempotency_key": "k1"})):
        status, _, text = park.ask("POST", "/v1/jobs", body, headers)
        assert status == 200 and json.loads(text) == {"jobs": ["once"], "new": False}, (status, text)
    refused(park, 409, "idempotency_key", "it was used for another submission", "POST", "/v1/jobs", COMMAND, {"Idempotency-Key": "k1"})
    refused(park, 409, "id", "there is a job 'once'", "POST", "/v1/jobs", job)
    refused(park, 400, "Idempotency-Key", "the body has another one", "POST", "/v1/jobs", {**job, "idempotency_key": "k2"}, {"Idempotency-Key": "k1"})
    refused(park, 400, "Idempotency-Key", "it begins with a dot", "POST", "/v1/jobs", job, {"Idempotency-Key": "../k"})


def list_in_pages(park):
    everything = park.get("/v1/jobs?limit=1000")
    names = [job["job"] for job in everything["jobs"]]
    assert everything["total"] == len(names) and "next" not in everything and names[0] == "hello", names
    at = names.index("sweep.0")
    assert names[at:at + 12] == [f"sweep.{i}" for i in range(12)], names
    pages, path = [], "/v1/jobs?limit=5"
    while path:
        page = park.get(path)
        assert page["total"] == len(names) and len(page["jobs"]) <= 5
        pages += [job["job"] for job in page["jobs"]]
        path = page.get("next") and f"/v1/jobs?limit=5&after={page['next']}"
    assert pages == names
    assert [job["job"] for job in park.get("/v1/jobs?order=newest&limit=1000")["jobs"]] == names[::-1]
    assert {job["phase"] for job in park.get("/v1/jobs?phase=succeeded,running")["jobs"]} == {"succeeded"}
    assert park.get("/v1/jobs?agent=a0&job=sweep")["total"] == 12 and park.get("/v1/jobs?agent=a9")["total"] == 0


def call_off(park):
    park.submit("long", "sleep 600")
    park.await_phase("long", "running")
    refused(park, 409, "", "long is running: cancel it first", "POST", "/v1/jobs/long/discard")
    assert park.post("/v1/jobs/long/cancel", {}) == {"changed": 1}
    park.await_phase("long", "cancelled")
    assert park.post("/v1/jobs/long/cancel") == {"changed": 0}
    assert park.post("/v1/jobs/long/retry") == {"changed": 1}
    park.await_phase("long", "running")
    park.post("/v1/jobs/long/cancel")
    park.await_phase("long", "cancelled")
    assert park.ask("DELETE", "/v1/jobs/long")[0] == 200
    refused(park, 404, "", "there is no job 'long'", "GET", "/v1/jobs/long")
    refused(park, 400, "", "elements are discarded with their array", "DELETE", "/v1/jobs/sweep.1")


def follow_output(park):
    park.submit("steps", "echo one; sleep 2.5; echo two")
    connection = http.client.HTTPConnection("127.0.0.1", park.port, timeout=30)
    connection.request("GET", "/v1/jobs/steps/logs?follow=true")
    answer = connection.getresponse()
    assert answer.status == 200 and answer.readline() == b"one\n"
    assert park.job("steps")["phase"] == "running", "the first line came before the end"
    assert answer.read() == b"two\n"
    connection.close()
    assert park.job("steps")["phase"] == "succeeded"
    assert park.ask("GET", "/v1/jobs/steps/logs?follow=true")[2] == "one\ntwo\n"


def drain(park):
    assert park.post("/v1/agents/a0/drain", {"within_ms": 1000, "reason": "a new disk"}) == {"changed": 1}
    agent = park.agents()["a0"]
    assert agent["state"] == "draining" and agent["drain"] == {"within_ms": 1000, "reason": "a new disk"}, agent
    park.submit("waits", "true")
    assert park.get("/v1/status")["jobs"]["pending"] == 1 and park.metric("conclave_scheduler_queue_length") == 1
    assert park.post("/v1/agents/a0/undrain") == {"changed": 1}
    park.await_phase("waits", "succeeded")
    assert park.post("/v1/agents/a0/undrain") == {"changed": 0} and park.post("/v1/unfreeze") == {"changed": 0}


def look_after(park):
    assert park.ask("GET", "/livez")[2] == "ok\n" and park.ask("GET", "/readyz")[2] == "ok\n"
    status = park.get("/v1/status")
    assert status["agents"] == {"ready": 1} and status["frozen"] is False and status["freeze"] is None, status
    # Jobs of the parts before may end between the two answers.
    until("status and metrics count alike", lambda: park.metric("conclave_scheduler_jobs{phase=\"succeeded\"}")
          == park.get("/v1/status")["jobs"]["succeeded"])
    assert park.metric('conclave_scheduler_agents{state="ready"}') == 1 and park.metric("conclave_scheduler_frozen") == 0
    assert park.metric('conclave_scheduler_api_requests_total{route="POST /v1/jobs",status="409"}') >= 2
    assert park.metric('conclave_scheduler_api_request_seconds_count{route="GET /v1/status"}') >= 1
    assert park.metric("conclave_scheduler_slots") == 4 and park.metric("conclave_scheduler_refused_reports_total") == 0


def only_heads(park):
    """HEAD is GET without a body, and ends, also where GET does not."""
    for path in ("/", "/v1/jobs", "/v1/jobs/hello", "/v1/jobs/hello/logs?follow=true", "/v1/events", "/metrics"):
        status, _, text = park.ask("HEAD", path)
        assert status == 200 and text == "", (path, status, text)
    assert park.metric("conclave_scheduler_api_streams") == 0


def refused(park, status, where, what, method, path, body=None, headers=None):
    got, fields, text = park.ask(method, path, body, headers)
    said = json.loads(text)
    shown = (method, path, str(body)[:200], got, said)
    assert got == status and fields["Content-Type"] == "application/json", shown
    assert said["where"] == where and what in said["what"] and said["kind"], shown
    assert said["error"] == (f"{said['where']}: {said['what']}" if where else said["what"]), shown
    return fields


def bad_submissions(park):
    def bad(status, where, what, body, headers=None):
        refused(park, status, where, what, "POST", "/v1/jobs", body, headers)

    bad(400, "colour", "there is no such field", {**COMMAND, "colour": "red"})
    bad(400, "resources.colour", "there is no such field", {**COMMAND, "resources": {"colour": 1}})
    bad(400, "jobs[1].resources.slots", "it is negative", {"jobs": [COMMAND, {**COMMAND, "resources": {"slots": -1}}]})
    bad(400, "jobs[1].resources.memory_mib", "it is negative", [COMMAND, {**COMMAND, "resources": {"memory_mib": -5}}])
    bad(400, "resources.cpu_milli", "it is no whole number", {**COMMAND, "resources": {"cpu_milli": 0.5}})
    bad(400, "priority", "100 is not between 0 and 99", {**COMMAND, "priority": 100})
    bad(400, "command", "it is missing or empty", {})
    bad(400, "command", "it is no list", {"command": "rm -rf /"})
    bad(400, "jobs", "there is none", [])
    bad(400, "jobs[0]", "it is no object", [1])
    bad(400, "after", "a -> b -> a", {"jobs": [{"id": "a", **COMMAND, "after": ["b"]}, {"id": "b", **COMMAND, "after": ["a"]}]})
    bad(400, "after", "c -> c", {"id": "c", **COMMAND, "after": ["c"]})
    bad(404, "after", "there is no job 'nobody'", {**COMMAND, "after": ["nobody"]})
    for name in ("../../etc/passwd", "a/b", "..", ".hidden", "a b", "a\u0000b", "x" * 65, "dot.ted"):
        bad(400, "id", "", {"id": name, **COMMAND})
    bad(400, "after[0]", "it begins with a dot", {**COMMAND, "after": ["../x"]})
    bad(400, "directory", "it has a part '..'", {**COMMAND, "directory": "/tmp/../etc"})
    bad(400, "directory", "it is not absolute", {**COMMAND, "directory": "etc"})
    bad(400, "the submission", "it is no JSON", '{"command": ["true"]')
    bad(400, "the submission", "nested too deeply", '{"command": ' + "[" * 5000 + "]" * 5000 + "}")
    bad(400, "id", "it is there twice", '{"id": "a", "id": "b", "command": ["true"]}')
    bad(413, "command", "the limit is 65536", {"command": ["x" * 70000]})
    bad(413, "jobs", "the limit of one submission is 101", [{**COMMAND, "count": 60}, {**COMMAND, "count": 60}])
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        bad(415, "Content-Type", "this takes application/json", json.dumps(COMMAND), {"Content-Type": kind})
    assert park.ask("POST", "/v1/jobs", COMMAND, {"Content-Type": "application/json; charset=utf-8"})[0] == 201


def bad_sizes(park):
    """10 MiB: it is told so, long before all of it was sent."""
    status, _, text = send(park, 10 << 20)
    assert status == 413 and json.loads(text)["kind"] and json.loads(text)["what"], (status, text)


def send(park, size):
    """Sends the head, and the body as far as it is taken; reads the answer all the while."""
    with socket.create_connection(("127.0.0.1", park.port), timeout=20) as link:
        link.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size)

        def push():
            try:
                for _ in range(size >> 16):
                    link.sendall(b" " * 65536)
            except OSError:
                pass

        pusher = threading.Thread(target=push)
        pusher.start()
        try:
            answer = http.client.HTTPResponse(link)
            answer.begin()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was quicker
            pusher.join()


def bad_paths(park):
    for method, path, allowed in (("PUT", "/v1/jobs", "POST"), ("POST", "/v1/agents", "GET"), ("GET", "/v1/jobs/x/cancel", "POST"),
                                  ("DELETE", "/v1/agents/a0/drain", "POST"), ("PATCH", "/v1/jobs/x", "DELETE"), ("POST", "/", "GET")):
        fields = refused(park, 405, "", "takes", method, path)
        assert allowed in fields["Allow"], (path, fields["Allow"])
    for path in ("/v1", "/v2/jobs", "/v1/jobs/x/y", "/etc/passwd", "/page/../../etc/passwd", "/page/%2e%2e%2findex.html", "/v1/jobs/..%2f..%2fetc%2fpasswd"):
        refused(park, 404, "", "", "GET", path)
    for name in ("..", ".hidden", "a%20b", "x" * 65):
        refused(park, 400, "job", "", "GET", f"/v1/jobs/{name}")
        refused(park, 400, "job", "", "POST", f"/v1/jobs/{name}/cancel")
        refused(park, 400, "agent", "", "POST", f"/v1/agents/{name}/drain")
    for verb in ("cancel", "retry", "discard"):
        refused(park, 404, "", "there is no job 'nobody'", "POST", f"/v1/jobs/nobody/{verb}")
    refused(park, 404, "", "there is no job 'nobody'", "GET", "/v1/jobs/nobody/logs?follow=true")
    refused(park, 404, "agent", "there is no agent 'nobody'", "POST", "/v1/agents/nobody/drain")
    for path in ("/%zz", "/v1/jobs/%00", "/v1/jobs?limit=%zz"):
        refused(park, 400, "", "", "GET", path)


def bad_parameters(park):
    for query, where in (("phase=asleep", "phase"), ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("order=up", "order"),
                         ("after=x", "after"), ("after=1-../x", "after"), ("colour=red", "colour"), ("agent=../x", "agent"), ("limit=1&limit=2", "limit")):
        refused(park, 400, where, "", "GET", f"/v1/jobs?{query}")
    refused(park, 400, "epoch", "", "GET", "/v1/jobs/hello/logs?epoch=0")
    refused(park, 404, "epoch", "there is no run 7", "GET", "/v1/jobs/hello/logs?epoch=7")
    refused(park, 400, "follow", "", "GET", "/v1/jobs/hello/logs?follow=yes")
    refused(park, 400, "job", "sweep is an array", "GET", "/v1/jobs/sweep/logs")
    refused(park, 400, "within_ms", "it is negative", "POST", "/v1/agents/a0/drain", {"within_ms": -1})
    refused(park, 400, "colour", "there is no such field", "POST", "/v1/agents/a0/drain", {"colour": 1})
    refused(park, 400, "x", "there is no such field", "POST", "/v1/jobs/hello/cancel", {"x": 1})
    refused(park, 400, "the body", "it is no object", "POST", "/v1/unfreeze", [])


def foreign_pages(park):
    """What a browser says of itself decides; a program that says nothing of the kind is let in."""
    own = f"http://127.0.0.1:{park.port}"
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Origin": own, "Sec-Fetch-Site": "cross-site"}, {"Origin": own + ".evil.example"}, {"Origin": "http://127.0.0.1:1"}):
        got, fields, text = park.ask("POST", "/v1/jobs", COMMAND, headers)
        assert got == 403 and json.loads(text)["kind"] == "cross_site" and fields["Access-Control-Allow-Origin"] is None, (headers, got, text)
    assert park.ask("GET", "/v1/jobs", headers={"Sec-Fetch-Site": "cross-site"})[0] == 403
    # A name that somebody made to lead here.
    for path in ("/", "/v1/jobs", "/page/app.js"):
        got, _, text = park.ask("GET", path, headers={"Host": f"evil.example:{park.port}"})
        assert got == 403 and json.loads(text)["kind"] == "unknown_host", (path, got)
    assert park.ask("GET", "/metrics", headers={"Host": "sched.internal"})[0] == 200
    for headers in ({"Origin": own}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://wiki.example.org", "Sec-Fetch-Site": "cross-site"},
                    {"Host": "jobs.example.org", "Origin": "https://jobs.example.org"}, {"Host": f"localhost:{park.port}"}):
        assert park.ask("POST", "/v1/jobs", COMMAND, headers)[0] == 201, headers


def page_rules(park):
    status, headers, text = park.ask("GET", "/")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'; script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert "<script>" not in text and "style=" not in text and " on" + "click" not in text
    for name in ("app.js", "style.css", "icon.svg"):
        assert park.ask("GET", f"/page/{name}")[0] == 200, name


def without_the_store(park):
    """The store is gone: what cannot be known is refused, with a word on whether it may have happened, and what is alive says so."""
    park.cluster.processes[0].kill()
    park.cluster.processes[0].wait()
    status, headers, text = park.ask("POST", "/v1/jobs", COMMAND)
    assert status == 503 and headers["Retry-After"] == "1" and json.loads(text)["kind"] == "store", (status, text)
    assert park.ask("GET", "/livez")[0] == 200 and park.ask("GET", "/metrics")[0] == 200
    until("it says that it is not ready", lambda: park.ask("GET", "/readyz")[0] == 503)
    assert park.metric("conclave_scheduler_api_up") == 0
    park.cluster.start(0)
    until("it is ready again", lambda: park.ask("GET", "/readyz")[0] == 200)
    assert park.ask("POST", "/v1/jobs", COMMAND)[0] == 201


def main(arguments):
    flags = ("--timeout", "3", "--allow-origin", "https://wiki.example.org", "--allow-host", "jobs.example.org")
    with Park(arguments[0], api_flags=flags) as park:
        for part in (submit_and_look, submit_several, submit_once, list_in_pages, call_off, follow_output, drain, bad_submissions, bad_sizes,
                     bad_paths, bad_parameters, foreign_pages, page_rules, only_heads, look_after, without_the_store):
            part(park)
            print(part.__name__)
        assert park.kill("api", 15) == 0, "it ends in good order"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
