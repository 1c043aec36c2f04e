"""A thin layer of ctypes over libconclave.so: what another language needs of the header, and no more."""
import ctypes
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint64, c_void_p

DEFAULT_TIMEOUT = -1
OK, FENCED, HELD = 0, 11, 1002


class Bytes(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]

    def value(self):
        return ctypes.string_at(self.data, self.size)


class Error(ctypes.Structure):
    _fields_ = [("code", c_int), ("certainty", c_int), ("message", c_char * 248)]


class Kv(ctypes.Structure):
    _fields_ = [("key", Bytes), ("value", Bytes), ("create_revision", c_uint64), ("mod_revision", c_uint64), ("version", c_uint64),
                ("lease", c_uint64)]


class Guard(ctypes.Structure):
    _fields_ = [("lease", c_uint64), ("create_revision", c_uint64), ("key", Bytes)]


class Leader(ctypes.Structure):
    _fields_ = [("key", Bytes), ("value", Bytes), ("token", c_uint64), ("lease", c_uint64), ("owner", c_char_p)]


class ClientOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("endpoints", c_char_p), ("name", c_char_p), ("request_timeout_ms", c_int64),
                ("connect_timeout_ms", c_int64), ("session_ttl_ms", c_int64), ("without_session", c_bool), ("stay", c_bool),
                ("tls", c_bool), ("tls_ca_file", c_char_p), ("tls_cert_file", c_char_p), ("tls_key_file", c_char_p),
                ("tls_server_name", c_char_p)]


class PutOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("lease", c_uint64), ("want_previous", c_bool), ("ignore_value", c_bool),
                ("ignore_lease", c_bool), ("sequence", c_bool), ("guards", POINTER(Guard)), ("guards_size", c_size_t)]


REPLY_CALLBACK = ctypes.CFUNCTYPE(None, c_void_p, POINTER(Error), c_void_p)


class ConclaveError(Exception):
    def __init__(self, error):
        super().__init__(error.message.decode())
        self.code, self.definite = error.code, error.certainty == 0


def of(data):
    """Bytes of a Python bytes object, which must live as long."""
    return Bytes(ctypes.cast(c_char_p(data), c_void_p), len(data))


# Functions whose result is not a code.
RESULTS = {
    "conclave_reply_kv": POINTER(Kv), "conclave_reply_kvs": c_size_t, "conclave_reply_free": None, "conclave_hold_free": None,
    "conclave_hold_guard": POINTER(Guard), "conclave_hold_is_held": c_bool, "conclave_hold_token": c_uint64, "conclave_mutex_free": None,
    "conclave_semaphore_free": None, "conclave_election_free": None, "conclave_leadership_free": None, "conclave_leader_free": None,
    "conclave_leadership_is_leader": c_bool, "conclave_leadership_token": c_uint64, "conclave_version": c_char_p,
    "conclave_client_session": c_uint64,
}


class Library:
    """The functions without their prefix. A function that fails raises ConclaveError; `made` takes what comes out last."""

    def __init__(self, path):
        self._library = ctypes.CDLL(path)

    def call(self, name, *arguments):
        function = getattr(self._library, "conclave_" + name)
        function.restype = RESULTS.get("conclave_" + name, c_int)
        return function(*arguments)

    def do(self, name, *arguments):
        error = Error()
        if self.call(name, *arguments, byref(error)) != OK:
            raise ConclaveError(error)

    def make(self, name, *arguments):
        made = c_void_p()
        self.do(name, *arguments, byref(made))
        return made
