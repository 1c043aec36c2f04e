#!/usr/bin/env python3
"""python_test.py LIBRARY ENDPOINTS: keys, a lock, a semaphore and an election from Python, through ctypes alone."""
import ctypes
import sys
import threading
from ctypes import byref, c_int64, c_uint64, c_void_p

import conclave
from conclave import ConclaveError, of

PATIENCE = c_int64(20_000)
NOT_WANTED = None


def must_fail(code, function, *arguments):
    try:
        function(*arguments)
    except ConclaveError as error:
        assert error.code == code and error.definite, error
        return
    raise AssertionError("it should have failed")


def get(lib, client, key):
    reply = lib.make("get", client, of(key), None, PATIENCE)
    kvs = [lib.call("reply_kv", reply, ctypes.c_size_t(i)).contents for i in range(lib.call("reply_kvs", reply))]
    values = [kv.value.value() for kv in kvs]
    lib.call("reply_free", reply)
    return values[0] if values else None


def put(lib, client, key, value, guard=None):
    options = conclave.PutOptions(struct_size=ctypes.sizeof(conclave.PutOptions))
    if guard:
        options.guards, options.guards_size = guard, 1
    lib.do("put", client, of(key), of(value), byref(options), PATIENCE, NOT_WANTED)


def keys(lib, client):
    put(lib, client, b"py/a", b"1\0\xff")
    assert get(lib, client, b"py/a") == b"1\0\xff"
    assert get(lib, client, b"py/none") is None


def callbacks(lib, client):
    told, done = [], threading.Event()

    @conclave.REPLY_CALLBACK
    def on_reply(user, error, reply):
        told.append((user, error.contents.code, lib.call("reply_kv", c_void_p(reply), ctypes.c_size_t(0)).contents.value.value()))
        done.set()

    assert lib.call("get_async", client, of(b"py/a"), None, PATIENCE, on_reply, c_void_p(77)) == conclave.OK
    assert done.wait(20)
    assert told == [(77, conclave.OK, b"1\0\xff")]


def lock(lib, client):
    mutex = lib.make("mutex_new", client, b"py/lock", None)
    hold = lib.make("mutex_lock", mutex, PATIENCE, None)
    guard = lib.call("hold_guard", hold)
    put(lib, client, b"py/locked", b"1", guard)
    must_fail(conclave.HELD, lib.make, "mutex_try_lock", mutex, PATIENCE)
    lib.do("hold_release", hold, PATIENCE)
    again = lib.make("mutex_lock", mutex, PATIENCE, None)
    assert lib.call("hold_token", again) > lib.call("hold_token", hold)
    must_fail(conclave.FENCED, put, lib, client, b"py/locked", b"2", guard)
    assert get(lib, client, b"py/locked") == b"1"
    for handle in (hold, again):
        lib.call("hold_free", handle)
    lib.call("mutex_free", mutex)


def semaphore(lib, client):
    slots = lib.make("semaphore_new", client, b"py/slots", c_uint64(2), None)
    both = lib.make("semaphore_acquire", slots, c_uint64(2), PATIENCE, None)
    must_fail(conclave.HELD, lib.make, "semaphore_try_acquire", slots, c_uint64(1), PATIENCE)
    lib.do("hold_release", both, PATIENCE)
    one = lib.make("semaphore_try_acquire", slots, c_uint64(1), PATIENCE)
    assert lib.call("hold_is_held", one)
    for handle in (both, one):
        lib.call("hold_free", handle)
    lib.call("semaphore_free", slots)


def election(lib, client):
    race = lib.make("election_new", client, b"py/leader", None)
    first = lib.make("election_campaign", race, of(b"one"), PATIENCE, None)
    assert lib.call("leadership_is_leader", first)
    leader = lib.make("election_leader", race, PATIENCE)
    assert ctypes.cast(leader, ctypes.POINTER(conclave.Leader)).contents.value.value() == b"one"
    lib.call("leader_free", leader)
    lib.do("leadership_resign", first, PATIENCE)
    second = lib.make("election_campaign", race, of(b"two"), PATIENCE, None)
    assert lib.call("leadership_token", second) > lib.call("leadership_token", first)
    for handle in (first, second):
        lib.call("leadership_free", handle)
    lib.call("election_free", race)


def main(path, endpoints):
    lib = conclave.Library(path)
    options = conclave.ClientOptions(struct_size=ctypes.sizeof(conclave.ClientOptions), endpoints=endpoints.encode())
    client = lib.make("client_open", byref(options))
    for test in (keys, callbacks, lock, semaphore, election):
        test(lib, client)
        print(test.__name__, "ok")
    assert lib.call("client_free", client) == conclave.OK


if __name__ == "__main__":
    main(*sys.argv[1:])
