#!/usr/bin/env python3
"""The scheduler's interface over TLS, with and without a certificate that it demands; wrong flags; and what a stranger's page can do through the browser of
somebody who may use it, which is nothing.

    secure.py BIN_DIRECTORY
"""
import http.client
import http.server
import pathlib
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "dashboard"))
from park import Park, free_ports, until  # noqa: E402
from webdriver import Browser  # noqa: E402

JOB = '{"id": "stolen", "command": ["true"]}'
STRANGER = """<!doctype html><title>stranger</title><iframe src="%(own)s/"></iframe>
<script>
  const json = { "Content-Type": "application/json" };
  const tries = { submit: ["/v1/jobs", { method: "POST", headers: json, body: '%(job)s' }],
    blind: ["/v1/jobs", { method: "POST", mode: "no-cors", body: '%(job)s' }], drain: ["/v1/agents/a0/drain", { method: "POST", mode: "no-cors" }],
    cancel: ["/v1/jobs/own/cancel", { method: "POST", mode: "no-cors" }], erase: ["/v1/jobs/own", { method: "DELETE" }],
    list: ["/v1/jobs", {}], events: ["/v1/events", {}], logs: ["/v1/jobs/own/logs", {}] };
  window.came = {};
  for (const [name, [path, how]] of Object.entries(tries)) {
    fetch("%(own)s" + path, how).then((answer) => answer.text()).then((text) => (came[name] = text), () => (came[name] = "refused"));
  }
</script>"""


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True, timeout=60, capture_output=True)


def make_certificates(directory):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(directory, "req", "-x509", *key, "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    with open(pathlib.Path(directory) / "names", "w", encoding="ascii") as names:
        names.write("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "user"):
        openssl(directory, "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(directory, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names",
                "-out", f"{name}.pem")


def answers_over_tls(park, port, user):
    trust = ssl.create_default_context(cafile=park.path("ca.pem"))
    if user:
        trust.load_cert_chain(park.path("user.pem"), park.path("user.key"))
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trust)
    try:
        link.request("GET", "/v1/status")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def serve_over_tls(park):
    make_certificates(park.cluster.directory)
    open_port, closed_port = free_ports(2)
    own = ("--tls-cert-file", park.path("server.pem"), "--tls-key-file", park.path("server.key"))
    park.start("api-open", "api", "--listen", f"127.0.0.1:{open_port}", *own)
    park.start("api-closed", "api", "--listen", f"127.0.0.1:{closed_port}", *own, "--tls-client-ca-file", park.path("ca.pem"), "--tls-require-client-cert")
    until("it answers", lambda: answers_over_tls(park, open_port, user=False))
    until("it answers who shows a certificate", lambda: answers_over_tls(park, closed_port, user=True))
    assert not answers_over_tls(park, closed_port, user=False), "it demands a certificate"


def refuse_flags(park):
    for flags, what in ((("--listen", "nowhere"), "--listen: 'nowhere' is not HOST:PORT"), (("--listen", ":1"), "has no host"),
                        (("--tls-cert-file", "x"), "belong together"), (("--tls-client-ca-file", "x"), "needs --tls-cert-file"),
                        (("--listen", "127.0.0.1:70000"), "is not HOST:PORT")):
        ran = subprocess.run([park.program, "api", *flags], capture_output=True, text=True, timeout=20, check=False)
        assert ran.returncode == 2 and what in ran.stderr, (flags, ran)
    ran = subprocess.run([park.program, "api", "--listen", f"127.0.0.1:{park.port}"], capture_output=True, text=True, timeout=20, check=False)
    assert ran.returncode == 1, ("the port is taken", ran)


def serve_stranger(own):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((STRANGER % {"own": own, "job": JOB}).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def keep_strangers_out(park):
    park.submit("own", "sleep 600")
    park.await_phase("own", "running")
    before = park.get("/v1/jobs")["jobs"]
    server = serve_stranger(f"http://127.0.0.1:{park.port}")
    try:
        with Browser(free_ports(1)[0]) as browser:
            # Another name of the same machine is another site.
            browser.open(f"http://localhost:{server.server_port}/")
            came = browser.until("every try comes to something", lambda: browser.run("return Object.keys(came).length === 8 && came"))
            assert all(text in ("refused", "") for text in came.values()), came
            assert any("frame-ancestors" in text for text in browser.complaints()), "it may not be framed"
    finally:
        server.shutdown()
        server.server_close()
    assert park.get("/v1/jobs")["jobs"] == before and park.agents()["a0"]["state"] == "ready"
    refused = sum(park.metric(f'conclave_scheduler_api_requests_total{{route="{route}",status="403"}}') or 0
                  for route in ("POST /v1/jobs", "POST /v1/agents/{agent}/drain", "POST /v1/jobs/{job}/cancel", "GET /v1/jobs"))
    assert refused >= 4, refused


def main(arguments):
    with Park(arguments[0]) as park:
        for part in (serve_over_tls, refuse_flags, keep_strangers_out):
            part(park)
            print(part.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
