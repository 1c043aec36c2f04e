"""Starting and stopping processes so that nothing is left over.

Every process gets a session of its own, so that Ctrl-C reaches only the one that started it, and dies with its parent, however that dies.
It is stopped by the handle of the process, never by a name.
"""
import ctypes
import os
import signal
import socket
import subprocess
import threading

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20
LIBC = ctypes.CDLL(None, use_errno=True)


class Interrupted(BaseException):
    """A signal asked this program to end. Not an Exception: nothing but the way out catches it."""


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, log=None, **options):
    """Starts from the main thread only: the kernel's promise that the child dies with its parent is bound to the thread that started it."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("processes are started by the main thread")
    if log is not None:
        options.setdefault("stdout", log)
        options.setdefault("stderr", subprocess.STDOUT)
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent, **options)


def stop_all(processes, seconds=STOP_SECONDS):
    """Asks all to end, once (who is asked twice may end at once), waits, and insists."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kill_all(processes):
    for process in processes:
        if process.poll() is None:
            process.kill()
    for process in processes:
        process.wait()


def end_on_signals(seconds):
    """The signals that end a program, and the passing of `seconds`, become an exception, so that everything is stopped on the way out."""

    def interrupt(number, _frame):
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(other, signal.SIG_IGN)  # the way out is not interrupted again
        raise Interrupted("it took longer than allowed" if number == signal.SIGALRM else signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, interrupt)
    signal.alarm(int(seconds))


def free_ports(count):
    """Ports of the loopback interface that nobody has at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def output_of(command, seconds=10):
    """What a command prints, or an empty text if it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, env={**os.environ, "LC_ALL": "C"}).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
