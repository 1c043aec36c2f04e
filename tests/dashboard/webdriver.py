"""A headless Chromium, driven by the WebDriver protocol."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 30
CALL_SECONDS = 30
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


class Browser:
    """One window. Starts on entering with a profile of its own; the driver, by whose hand it runs, is stopped by its pid on leaving."""

    def __init__(self, port, size=(1200, 1000), flags=()):
        for program in ("chromium", "chromedriver"):
            if shutil.which(program) is None:
                raise SystemExit(f"there is no {program}: the packages chromium and chromium-driver are needed")
        self.base = f"http://127.0.0.1:{port}"
        self.port = port
        self.profile = tempfile.mkdtemp(prefix="conclave-browser-")
        self.flags = FLAGS + [f"--user-data-dir={self.profile}", f"--window-size={size[0]},{size[1]}", *flags]

    def __enter__(self):
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""
        try:
            self._await_driver()
            options = {"args": self.flags}
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}}
            self.session = "/session/" + self._call("POST", "/session", wanted)["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self._call("DELETE", self.session)
        finally:
            self.driver.terminate()
            try:
                self.driver.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.driver.kill()
                self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)

    def _await_driver(self):
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            assert time.monotonic() < until and self.driver.poll() is None, "chromedriver does not start"
            time.sleep(0.05)

    def _call(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from error

    def open(self, url):
        self._call("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        return self._call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def keys(self, *codes):
        """Presses and lets go of each, wherever the focus is."""
        actions = [{"type": kind, "value": code} for code in codes for kind in ("keyDown", "keyUp")]
        self._call("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def resize(self, width, height):
        self._call("POST", self.session + "/window/rect", {"width": width, "height": height})

    def command(self, name, **parameters):
        """A command of the browser's own protocol."""
        return self._call("POST", self.session + "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def complaints(self):
        """What the page's console said since the last call."""
        return [entry["message"] for entry in self._call("POST", self.session + "/se/log", {"type": "browser"})]

    def picture(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self._call("GET", self.session + "/screenshot")))

    def until(self, what, holds, patience=60):
        """Waits for holds() to give something true, and gives that."""
        until = time.monotonic() + patience
        while True:
            value = holds()
            if value:
                return value
            assert time.monotonic() < until, f"{what}: not within {patience} s; the page shows:\n{self.text('body')}"
            time.sleep(0.05)
