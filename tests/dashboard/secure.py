#!/usr/bin/env python3
"""The dashboard over TLS, and what pages of strangers can do to it, in a real browser. Over TLS the page shows every member, a key as it appears, and
the leader being replaced, as it does without. A stranger's page may not frame it, reads nothing through its reader's browser and changes nothing.

    secure.py CONCLAVED
"""
import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from browser import Browser, Cluster, coded, complaints_of, fill, fill_with_nonsense, free_ports, kill_leader, put, see_members

STRANGER = """<!doctype html><title>stranger</title><iframe id="frame" src="%(own)s/ui"></iframe>
<script>
  const tries = { state: ["/ui/state", {}], key: ["/v3/kv/range", { method: "POST", body: '{"key":"YQ=="}' }],
    put: ["/v3/kv/put", { method: "POST", body: '{"key":"c3RvbGVu","value":"eA=="}' }], v2: ["/v2/keys/stolen", { method: "POST", body: "value=x",
    headers: { "Content-Type": "application/x-www-form-urlencoded" } }], blind: ["/v3/kv/put", { method: "POST", mode: "no-cors",
    body: '{"key":"c3RvbGVu","value":"eA=="}' }], metrics: ["/metrics", {}] };
  window.came = {};
  for (const [name, [path, how]] of Object.entries(tries)) {
    fetch("%(own)s" + path, how).then((answer) => answer.text()).then((text) => (came[name] = text), () => (came[name] = "refused"));
  }
</script>"""


def openssl(directory, *words, text=None):
    return subprocess.run(["openssl", *words], cwd=directory, input=text, check=True, timeout=60, capture_output=True).stdout


class TlsCluster(Cluster):
    """Its members have one certificate, whose authority this test trusts; the browser is told its key."""

    def __init__(self, conclaved):
        super().__init__(conclaved)
        path = lambda name: os.path.join(self.directory, name)
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl(self.directory, "req", "-x509", *key, "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
        openssl(self.directory, "req", *key, "-subj", "/CN=member", "-keyout", "member.key", "-out", "member.csr")
        with open(path("names"), "w", encoding="ascii") as names:
            names.write("subjectAltName=IP:127.0.0.1\n")
        openssl(self.directory, "x509", "-req", "-days", "2", "-in", "member.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-extfile", "names", "-out", "member.pem")
        self.flags += ["--cert-file", path("member.pem"), "--key-file", path("member.key")]
        self.trust = ssl.create_default_context(cafile=path("ca.pem"))

    def browser_flag(self):
        public = openssl(self.directory, "x509", "-in", "member.pem", "-pubkey", "-noout")
        digest = openssl(self.directory, "dgst", "-sha256", "-binary", text=openssl(self.directory, "pkey", "-pubin", "-outform", "der", text=public))
        return "--ignore-certificate-errors-spki-list=" + base64.b64encode(digest).decode()

    def call(self, i, path, body=None, timeout=10):
        request = urllib.request.Request(f"https://127.0.0.1:{self.http_ports[i]}{path}", json.dumps(body or {}).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=timeout, context=self.trust) as answer:
            return json.load(answer)


def see_over_tls(conclaved):
    with TlsCluster(conclaved) as cluster, Browser(free_ports(1)[0], flags=[cluster.browser_flag()]) as browser:
        leader = cluster.await_leader()
        own = (leader + 1) % 3
        fill(cluster, leader)
        fill_with_nonsense(cluster, leader)
        browser.open(f"https://127.0.0.1:{cluster.http_ports[own]}/ui")
        see_members(browser, cluster)
        browser.until("the listing", lambda: "live" in browser.text("#keys-state"))
        put(cluster, leader, "app/live", "seen at once")
        browser.until("the new key", lambda: "app/live" in browser.text("#key-list"))
        kill_leader(browser, cluster, own)
        complaints = complaints_of(browser)
        assert not complaints, complaints


def serve_stranger(own):
    """A page of another origin."""
    page = (STRANGER % {"own": own}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page if self.path == "/" else b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def keep_strangers_out(conclaved):
    with Cluster(conclaved, members=1) as cluster, Browser(free_ports(1)[0]) as browser:
        cluster.await_leader()
        put(cluster, 0, "a", "secret")
        own = f"http://127.0.0.1:{cluster.http_ports[0]}"
        stranger = serve_stranger(own)
        try:
            browser.open(f"http://127.0.0.1:{stranger.server_port}/")
            came = browser.until("every try has ended", lambda: browser.run("return Object.keys(came).length === 6 ? came : null"))
            assert all(text == "refused" for name, text in came.items() if name != "blind") and came["blind"] == "", came
            refused = lambda: any("frame-ancestors" in text for text in browser.complaints())
            browser.until("that the page is in no frame", refused)
        finally:
            stranger.shutdown()
            stranger.server_close()
        for key in ("stolen", "_conclave/v2/"):
            kept = cluster.call(0, "/v3/kv/range", {"key": coded(key), "range_end": coded(key[:-1] + chr(ord(key[-1]) + 1))})
            assert "kvs" not in kept, f"a stranger's page wrote {kept['kvs']}"


def main(arguments):
    see_over_tls(arguments[0])
    keep_strangers_out(arguments[0])
    print("the page works over TLS, and strangers' pages are kept out")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
