#!/usr/bin/env python3
"""The dashboard in a real browser, served by three real members: it shows them, who leads, who holds what, and a key as it appears; the leader is
killed and its successor shown without a reload; its own member is killed, and it says so and goes on with the others. What is stored is shown as
text, whatever it looks like.

    browser.py CONCLAVED
"""
import base64
import contextlib
import json
import pathlib
import re
import signal
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gateway"))
from cluster import Cluster, free_ports  # noqa: E402
from webdriver import Browser  # noqa: E402

DOWN, END, TAB = "\ue015", "\ue010", "\ue004"
NASTY = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


def coded(text):
    return base64.b64encode(text.encode()).decode()


def put(cluster, i, key, value, **more):
    cluster.call(i, "/v3/kv/put", {"key": coded(key), "value": coded(value), **more})


def get(cluster, i, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{cluster.http_ports[i]}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def check_headers(cluster):
    """Nothing but the page's own files runs in it, and only pages of members read the state from elsewhere."""
    others = [f"http://127.0.0.1:{port}" for port in cluster.http_ports]
    status, headers, _ = get(cluster, 0, "/ui")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'; script-src 'self';" in policy and "unsafe" not in policy, policy
    assert all(origin in policy for origin in others), policy
    # Nobody frames the page, guesses another type for its files, or learns from it where a reader came from.
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "form-action 'none'" in policy, policy
    for path in ("/ui", "/ui/app.js", "/ui/style.css"):
        headers = get(cluster, 0, path)[1]
        shown = {name: headers[name] for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")}
        assert shown == {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}, (path, shown)
    assert get(cluster, 0, "/ui/state")[1]["X-Content-Type-Options"] == "nosniff"
    status, headers, body = get(cluster, 0, "/ui/state", Origin=others[1])
    assert status == 200 and headers["Access-Control-Allow-Origin"] == others[1]
    assert {member["http"] for member in json.loads(body)["members"]} == set(others)
    for stranger in ("http://127.0.0.1:1", "null", others[1] + ".example.org"):
        assert get(cluster, 0, "/ui/state", Origin=stranger)[1]["Access-Control-Allow-Origin"] is None, stranger
    assert get(cluster, 0, "/ui/")[2] == get(cluster, 0, "/ui")[2]
    assert get(cluster, 0, "/ui/nothing.js")[0] == 404
    assert get(cluster, 0, "/ui/..%2fapp.js")[0] in (400, 404)


def fill(cluster, i):
    lease = cluster.call(i, "/v3/lease/grant", {"TTL": "600"})["ID"]
    place = f"{int(lease):016x}-00000001"
    put(cluster, i, f"/conclave/lock/reports/nightly//{place}", json.dumps({"owner": "web1:4711", "note": "the nightly report"}), lease=lease)
    put(cluster, i, f"/conclave/lock/reports/nightly//{int(lease):016x}-00000002", json.dumps({"owner": "web2:17"}), lease=lease)
    put(cluster, i, f"/conclave/election/scheduler//{place}", json.dumps({"owner": "web3:90", "value": "10.0.0.3:8080"}), lease=lease)
    for number in range(5):
        put(cluster, i, f"app/config/{number}", f"value {number}")


def fill_with_nonsense(cluster, i):
    put(cluster, i, "/conclave/lock/odd//1", '{"owner":{"toString":1},"note":[]}')
    put(cluster, i, "/conclave/semaphore/odd", '{"slots":"many"}')
    put(cluster, i, "/conclave/semaphore/odd//1", "no JSON \x00\x01")


def see_leader(browser, cluster):
    """The one there is: where processors are short, it may be another one than a moment ago."""
    def shown():
        leader = cluster.leader()
        return leader is not None and browser.text("#members tr.leader th").startswith(cluster.names[leader]) and \
            f"{cluster.names[leader]} leads in term" in browser.text("#leader-line")

    browser.until("who leads", shown)


def see_members(browser, cluster):
    browser.until("all members", lambda: browser.run("return document.querySelectorAll('#members tr').length") == 3)
    browser.until("every member's role", lambda: browser.text("#members").count("follower") == 2)
    see_leader(browser, cluster)
    for text in ("web1:4711 (the nightly report)", "reports/nightly", "1 waiting", "web3:90 (10.0.0.3:8080)", '{"toString":1}', "somebody"):
        browser.until(text, lambda: text in browser.text("#holders"))
    browser.until("the lease", lambda: "of 600 s left" in browser.text("#leases"))
    browser.until("charts", lambda: browser.run("return [...document.querySelectorAll('#charts path')].filter(p => p.getAttribute('d')).length") == 12)


def see_rates(browser, cluster, writer):
    """While somebody writes, the charts of writes and of the disk's flushes tell a rate, and one of how long a flush takes."""
    caption = "return [...document.querySelectorAll('#charts figcaption')].find((each) => each.textContent.startsWith(arguments[0]))?.textContent ?? ''"

    def shows(title):
        put(cluster, writer, "app/rate", "1")
        return re.search(rf"{cluster.names[writer]} (0\.[1-9]|[1-9])", browser.run(caption, title))

    for title in ("requests a second", "writes a second", "disk flushes a second", "ms a flush"):
        browser.until(title, lambda: shows(title))
    cluster.call(writer, "/v3/kv/deleterange", {"key": coded("app/rate")})


def see_keys(browser, cluster, writer):
    browser.until("the listing", lambda: "live" in browser.text("#keys-state"))
    put(cluster, writer, "app/live", "seen at once")
    browser.until("the new key", lambda: "app/live" in browser.text("#key-list"))
    # By keyboard alone: a prefix, then its last key and the value.
    browser.run("document.activeElement?.blur()")
    browser.keys("/", *"app/", "\ue007")
    browser.until("the prefix", lambda: browser.text("#keys-state").startswith("6 keys, live"))
    browser.run("document.getElementById('key-list').focus()")
    browser.keys(DOWN, END)
    browser.until("the value", lambda: browser.text("#key-detail pre") == "seen at once")
    put(cluster, writer, "app/live", "and changed")
    browser.until("the new value", lambda: browser.text("#key-detail pre") == "and changed")
    put(cluster, writer, "app/" + NASTY, NASTY)
    browser.until("markup as text", lambda: NASTY in browser.text("#key-list"))
    cluster.call(writer, "/v3/kv/deleterange", {"key": coded("app/live")})
    browser.until("the deletion", lambda: "app/live" not in browser.text("#key-list") and "was deleted" in browser.text("#key-detail"))
    assert browser.run("return document.title") == "conclave" and browser.run("return document.querySelectorAll('img').length") == 0


def complaints_of(browser):
    """Without those of connections that were refused, which is what a killed member looks like."""
    return [text for text in browser.complaints() if "ERR_" not in text]


def kill_leader(browser, cluster, own):
    """Kills the one that leads, which is made to be another one than the page's."""
    until = time.monotonic() + 30
    while (leader := cluster.await_leader()) == own:
        assert time.monotonic() < until, "the leadership does not move"
        other = cluster.status((own + 1) % 3)["header"]["member_id"]
        with contextlib.suppress(urllib.error.HTTPError):
            cluster.call(own, "/v3/maintenance/transfer-leadership", {"targetID": other})
    cluster.kill(leader)
    cluster.await_leader()
    browser.until("that the old one is gone", lambda: "does not answer" in browser.text(f"#members tr[data-member={cluster.names[leader]}] .role"))
    see_leader(browser, cluster)
    browser.until("what happened", lambda: f"{cluster.names[leader]} does not answer any more" in browser.text("#events"))
    return leader


def lose_own_member(browser, cluster, own):
    """It says so, goes on asking the others, and takes up everything again when the member is back."""
    cluster.kill(own)
    browser.until("that it says so", lambda: f"{cluster.names[own]} does not answer" in browser.text("#link.down"))
    leader = cluster.await_leader()
    see_leader(browser, cluster)
    put(cluster, leader, "app/meanwhile", "1")
    cluster.start(own)
    browser.until("that it is back", lambda: browser.text("#link") == "" and "live" in browser.text("#keys-state"))
    browser.until("what was written meanwhile", lambda: "app/meanwhile" in browser.text("#key-list"))


def hang_own_member(browser, cluster, own):
    cluster.processes[own].send_signal(signal.SIGSTOP)
    browser.until("that it says so", lambda: f"{cluster.names[own]} does not answer" in browser.text("#link.down"))
    assert "not live" in browser.text("#keys-state")
    cluster.processes[own].send_signal(signal.SIGCONT)
    browser.until("that it is back", lambda: browser.text("#link") == "" and "live" in browser.text("#keys-state"))


def check_other_address(browser, cluster, own):
    """Opened by an address that is not advertised, the page shows what its member knows, and tells how to see more."""
    browser.open(f"http://localhost:{cluster.http_ports[own]}/ui")
    browser.until("who leads", lambda: f"{cluster.names[cluster.await_leader()]} leads in term" in browser.text("#leader-line"))
    browser.until("the way out", lambda: f"open http://127.0.0.1:{cluster.http_ports[own]}/ui" in browser.text("#hint"))


def check_narrow(browser):
    """Also with a long key chosen; and no number of the members lies outside of what one sees."""
    browser.run("document.getElementById('prefix').value = '/conclave/election/'; document.getElementById('browse').requestSubmit()")
    browser.until("the long key", lambda: browser.text("#keys-state").startswith("1 key, live"))
    browser.run("document.getElementById('key-list').focus()")
    browser.keys(END)
    browser.until("its value", lambda: "web3:90" in browser.text("#key-detail pre"))
    hidden = "const e = document.querySelector('.scroll'); return e.scrollWidth - e.clientWidth"
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (360, 700, 1600):
        browser.resize(width, 800)
        browser.until(f"a window of {width} shows all without scrolling sideways", lambda: browser.run(wide) <= 0 and browser.run(hidden) <= 0)


# Each piece of text with the colour behind it; the contrast is that of WCAG.
PALE = """
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text; (text = walker.nextNode());) {
  const node = text.parentElement;
  if (text.data.trim() === "" || node.closest("noscript, script, svg")) continue;
  const [a, b] = [luminance(getComputedStyle(node).color), luminance(behind(node))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) found.push(`${text.data.trim().slice(0, 40)}: ${contrast.toFixed(1)}`);
}
return [found, luminance(behind(document.body))];
"""


def check_colours(browser):
    """Text can be read in light and in dark, and they are light and dark."""
    grounds = {}
    for scheme in ("light", "dark"):
        browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        pale, grounds[scheme] = browser.run(PALE)
        assert not pale, f"too pale in {scheme}: {pale}"
    assert grounds["light"] > 0.8 and grounds["dark"] < 0.05, grounds
    browser.command("Emulation.setEmulatedMedia", features=[])


def check_keyboard(browser):
    """By Tab one comes to everything that can be used, sees where one is, and comes past the top at once."""
    browser.run("document.querySelector('.skip').focus()")
    focus = "const e = document.activeElement; return [e.id || e.className || e.tagName, getComputedStyle(e).outlineStyle, e.getBoundingClientRect().left]"
    places = []
    while len(places) < 40:
        name, outline, left = browser.run(focus)
        if name == "BODY" or name in places[:1]:
            break
        assert outline != "none" and left >= 0, f"one does not see that {name} has the focus"
        places.append(name)
        browser.keys(TAB)
    wanted = ["skip", "scroll", "A", "events", "prefix", "BUTTON", "key-list"]
    assert [name for name in places if name in wanted] == ["skip", "scroll", "A", "A", "events", "prefix", "BUTTON", "key-list"], places
    browser.run("document.querySelector('.skip').focus()")
    browser.keys("\ue007")
    browser.until("the keys", lambda: browser.run("return document.activeElement.id") == "keys")


def main(arguments):
    with Cluster(arguments[0]) as cluster, Browser(free_ports(1)[0]) as browser:
        check_headers(cluster)
        leader = cluster.await_leader()
        own = (leader + 1) % 3
        fill(cluster, leader)
        fill_with_nonsense(cluster, leader)
        browser.open(f"http://127.0.0.1:{cluster.http_ports[own]}/ui")
        browser.run("window.loadedOnce = true")
        see_members(browser, cluster)
        see_rates(browser, cluster, leader)
        see_keys(browser, cluster, leader)
        check_keyboard(browser)
        check_colours(browser)
        complaints = complaints_of(browser)
        assert not complaints, complaints
        cluster.start(kill_leader(browser, cluster, own))
        browser.until("that it is back", lambda: not browser.run("return document.querySelector('#members tr.gone') !== null"))
        lose_own_member(browser, cluster, own)
        hang_own_member(browser, cluster, own)
        check_narrow(browser)
        assert browser.run("return window.loadedOnce === true"), "the page was loaded again"
        complaints = complaints_of(browser)
        assert not complaints, complaints
        check_other_address(browser, cluster, own)
        print("the page showed all of it without being loaded again")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
