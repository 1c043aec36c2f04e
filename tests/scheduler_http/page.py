#!/usr/bin/env python3
"""The scheduler's page in a real browser, with real members, a scheduler and agents: a job that is submitted there is seen to run and to finish, an agent is
drained, a freeze is shown and ended, all without loading the page again. What users write is shown as text, whatever it looks like.

    page.py BIN_DIRECTORY
"""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "dashboard"))
from park import Park, free_ports, until  # noqa: E402
from webdriver import Browser  # noqa: E402

ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"
NASTY = "echo '<img src=x onerror=\"document.title=1\">'"


def fill(browser, field, text):
    browser.run("""const field = document.querySelector(`[name=${arguments[0]}]`); field.value = arguments[1];
        field.dispatchEvent(new Event('input', {bubbles: true}))""", field, text)


def press(browser, selector):
    assert browser.run("const it = document.querySelector(arguments[0]); it?.click(); return !!it", selector), selector


def phase_of(browser, job):
    return browser.run("return document.querySelector(`#jobs li[data-key='${arguments[0]}']`)?.dataset.phase ?? ''", job)


def state_of(browser, agent):
    return browser.run("return document.querySelector(`#agents li[data-key='${arguments[0]}']`)?.dataset.state ?? ''", agent)


def submit_and_see(browser, park):
    """By keyboard alone: n goes to the command, Enter submits."""
    browser.run("document.activeElement?.blur()")
    gate = park.path("gate")
    browser.keys("n", *f"echo first line; while [ ! -e {gate} ]; do sleep 0.1; done; echo last line")
    fill(browser, "id", "from-the-page")
    browser.keys(ENTER)
    browser.until("it is told that it was taken", lambda: "submitted from-the-page" in browser.text("#said"))
    browser.until("it runs", lambda: phase_of(browser, "from-the-page") == "running")
    assert "on a" in browser.text("#jobs li[data-key='from-the-page'] .where")
    press(browser, "#jobs li[data-key='from-the-page'] .name")
    browser.until("its output comes", lambda: "first line" in browser.text("#detail-log"))
    assert "last line" not in browser.text("#detail-log")
    with open(gate, "w", encoding="ascii"):
        pass
    browser.until("the rest of it comes", lambda: "last line" in browser.text("#detail-log"))
    browser.until("it finished", lambda: phase_of(browser, "from-the-page") == "succeeded")
    browser.until("with which code", lambda: "exit code 0" in browser.text("#detail-runs"))
    browser.keys(ESCAPE)
    browser.until("the dialog closes", lambda: not browser.run("return document.getElementById('detail').open"))


def complain_about_a_form(browser):
    fill(browser, "command", "true")
    fill(browser, "id", "../../etc/passwd")
    browser.run("document.getElementById('submit-form').requestSubmit()")
    browser.until("what is wrong", lambda: browser.text("#submit-wrong").startswith("id: it begins with a dot"))
    browser.run("document.getElementById('submit-form').reset()")


def cancel_and_retry(browser, park):
    park.submit("long", "sleep 600")
    browser.until("it runs", lambda: phase_of(browser, "long") == "running")
    press(browser, "#jobs li[data-key='long'] .cancel")
    browser.until("it is called off", lambda: phase_of(browser, "long") == "cancelled")
    press(browser, "#jobs li[data-key='long'] .retry")
    browser.until("it runs again", lambda: phase_of(browser, "long") == "running")
    press(browser, "#jobs li[data-key='long'] .cancel")
    browser.until("it is called off again", lambda: phase_of(browser, "long") == "cancelled")


def show_text_as_text(browser, park):
    park.post("/v1/jobs", {"id": "nasty", "command": ["sh", "-c", NASTY]})
    browser.until("it is done", lambda: phase_of(browser, "nasty") == "succeeded")
    assert NASTY in browser.text("#jobs li[data-key='nasty'] .command")
    press(browser, "#jobs li[data-key='nasty'] .name")
    browser.until("its output", lambda: "<img" in browser.text("#detail-log"))
    assert browser.run("return document.querySelectorAll('img').length") == 0
    press(browser, "#detail-close")


def drain_an_agent(browser, park):
    for agent in park.agents():
        press(browser, f"#agents li[data-key='{agent}'] .drain")
        browser.until("it drains", lambda one=agent: state_of(browser, one) == "draining")
    park.submit("queued", "true", priority=70)
    browser.until("it waits in the queue", lambda: browser.run("return [...document.querySelectorAll('#queue .name')].map(e => e.textContent)") == ["queued"])
    assert "1 waiting" in browser.text("#queue-count") and "priority 70" in browser.text("#queue")
    press(browser, "#agents li[data-key='a1'] .undrain")
    browser.until("it goes on", lambda: phase_of(browser, "queued") == "succeeded")
    browser.until("the queue is empty", lambda: "Nothing waits" in browser.text("#queue-more"))
    assert state_of(browser, "a0") == "draining"
    for agent in park.agents():
        if agent != "a1":
            press(browser, f"#agents li[data-key='{agent}'] .undrain")
            browser.until("it is ready", lambda one=agent: state_of(browser, one) == "ready")


def freeze(browser, park):
    """Half of the agents vanish: it is shown, and work is not taken from them; it ends when they return, and the second time because somebody says so."""
    assert browser.run("return document.getElementById('freeze').hidden")
    for name in ("a0", "a1"):
        park.processes[name].send_signal(signal.SIGSTOP)
    browser.until("the freeze", lambda: "2 of 4 agents vanished" in browser.text("#freeze:not([hidden])"))
    assert park.metric("conclave_scheduler_frozen") == 1 and park.get("/v1/status")["frozen"]
    browser.until("who is missed", lambda: state_of(browser, "a0") == state_of(browser, "a1") == "suspect")
    for name in ("a0", "a1"):
        park.processes[name].send_signal(signal.SIGCONT)
    browser.until("the freeze ends", lambda: browser.run("return document.getElementById('freeze').hidden"))
    browser.until("they are back", lambda: state_of(browser, "a0") == state_of(browser, "a1") == "ready")
    for name in ("a2", "a3"):
        park.kill(name)
    browser.until("the next freeze", lambda: "agents vanished" in browser.text("#freeze:not([hidden])"))
    press(browser, "#unfreeze")
    assert "give them up" in browser.text("#unfreeze") and park.get("/v1/status")["frozen"], "it asks first"
    press(browser, "#unfreeze")
    browser.until("it was ended", lambda: browser.run("return document.getElementById('freeze').hidden"))
    browser.until("they are given up", lambda: state_of(browser, "a2") == state_of(browser, "a3") == "lost")


def call_off_an_array(browser, park):
    park.submit("sweep", "sleep 600", count=3)
    browser.until("it runs", lambda: all(phase_of(browser, f"sweep.{i}") == "running" for i in range(3)))
    press(browser, "#jobs li[data-key='sweep.1'] .name")
    press(browser, "#detail-actions button[data-key='cancel-all']")
    assert "Yes, all of it" in browser.text("#detail-actions"), "it asks first"
    press(browser, "#detail-actions button[data-key='cancel-all']")
    browser.until("all of it is called off", lambda: all(phase_of(browser, f"sweep.{i}") == "cancelled" for i in range(3)))
    press(browser, "#detail-actions button[data-key='discard']")
    press(browser, "#detail-actions button[data-key='discard']")
    browser.until("it is forgotten", lambda: phase_of(browser, "sweep.0") == "" and "forgotten" in browser.text("#detail-facts"))
    press(browser, "#detail-close")


def filter_jobs(browser):
    browser.run("document.activeElement?.blur()")
    browser.keys("/", *"nasty")
    browser.until("only that one", lambda: browser.run("return [...document.querySelectorAll('#jobs .name')].map(e => e.textContent)") == ["nasty"])
    browser.run("const f = document.getElementById('filter'); f.value = ''; f.dispatchEvent(new Event('input'))")
    press(browser, "#phases button[data-key='cancelled']")
    browser.until("what was called off", lambda: browser.run("return [...document.querySelectorAll('#jobs .name')].map(e => e.textContent)") == ["long"])
    press(browser, "#phases button[data-key='']")


def lose_the_interface(browser, park):
    park.kill("api")
    browser.until("it says so", lambda: "The connection is lost" in browser.text("#link.down"))
    park.start_api()
    until("it is back", lambda: park.answers("/readyz"))
    park.submit("meanwhile", "true")
    browser.until("it goes on", lambda: browser.text("#link") == "live" and phase_of(browser, "meanwhile") == "succeeded")


def lose_the_store(browser, park):
    """The interface is there, but the cluster does not answer it: the page says how old it is."""
    park.cluster.processes[0].send_signal(signal.SIGSTOP)
    browser.until("it says so", lambda: "The cluster does not answer. What is shown is" in browser.text("#link.down"), patience=40)
    park.cluster.processes[0].send_signal(signal.SIGCONT)
    browser.until("it is live again", lambda: browser.text("#link") == "live", patience=40)


def check_narrow(browser):
    browser.resize(400, 900)
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    browser.until("a narrow window shows all without scrolling sideways", lambda: browser.run(wide) <= 0)
    assert browser.run("return [...document.querySelectorAll('button, input')].every(e => e.textContent || e.labels?.length || e.ariaLabel || e.type === 'submit')")


def main(arguments):
    flags = ("--grace", "60", "--freeze-window", "10")
    with Park(arguments[0], agents=4, scheduler_flags=flags) as park, Browser(free_ports(1)[0]) as browser:
        browser.open(f"http://127.0.0.1:{park.port}/")
        browser.run("window.loadedOnce = true")
        browser.until("it is live", lambda: browser.text("#link") == "live" and "4 of 4 ready" in browser.text("#agents-count"))
        for part in (submit_and_see, complain_about_a_form, cancel_and_retry, call_off_an_array, show_text_as_text, drain_an_agent):
            part(browser, park) if part is not complain_about_a_form else part(browser)
            print(part.__name__)
        filter_jobs(browser)
        complaints = [text for text in browser.complaints() if "status of 400" not in text]
        assert not complaints, complaints
        freeze(browser, park)
        lose_the_interface(browser, park)
        if os.environ.get("CONCLAVE_TEST_FULL"):
            lose_the_store(browser, park)
        check_narrow(browser)
        assert browser.run("return window.loadedOnce === true"), "the page was loaded again"
        complaints = [text for text in browser.complaints() if "ERR_" not in text]
        assert not complaints, complaints
        print("the page showed all of it without being loaded again")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
