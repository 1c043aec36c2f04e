#!/usr/bin/env python3
"""Checks the binary interface of libconclave.so against the recorded one, and what the library exports against its headers and symbol map.

    abi.py LIBRARY [--cc CC]        prints each difference; exit status 1 if there is any
    abi.py --record [--cc CC]       records the present interface in clients/c/abi/libconclave.abi
    abi.py --self-test [--cc CC]    checks the checker

The interface is what the headers declare, compiled: a library of empty functions with all types, so that the record is the same for every
build of the real one (the compiler compares the real functions with the same declarations). Every difference is reported, so that the
record keeps up with what is added. Compatible are: new functions and enumerators, fields at the end of structs that begin with their size
or that only the library makes. Anything else breaks programs that were linked before and needs a new soname.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

C_LIBRARY = pathlib.Path(__file__).resolve().parents[2] / "clients/c"
RECORD = C_LIBRARY / "abi/libconclave.abi"
MAP = C_LIBRARY / "libconclave.map"
SONAME = "libconclave.so.0"
VERSION = "CONCLAVE_0"


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def declarations(text):
    """The functions of a header as {name: declaration without its semicolon}."""
    found = re.findall(r"\bCONCLAVE_API\s+([^;{]*?\b(conclave_\w+)\s*\([^;{]*\))\s*;", re.sub(r"//.*", "", text))
    return {name: declaration for declaration, name in found}


def all_declarations(include):
    functions = {}
    for header in sorted(include.rglob("*.h")):
        functions.update(declarations(header.read_text()))
    return functions


def symbols_of_map():
    return set(re.findall(r"^\s+(conclave_\w+);$", MAP.read_text(), re.M))


def symbols_of(library):
    rows = [line.split() for line in run("nm", "-D", "--defined-only", library).splitlines()]
    return {row[-1] for row in rows if row[-2] != "A"}


def name_offences(declared, mapped, exported):
    wanted = {f"{name}@@{VERSION}" for name in mapped}
    return ([f"{name}: declared, not in {MAP.name}" for name in sorted(declared - mapped)]
            + [f"{name}: in {MAP.name}, not declared" for name in sorted(mapped - declared)]
            + [f"{name}: not exported by the library" for name in sorted(wanted - exported)]
            + [f"{name}: exported by the library, and should not be" for name in sorted(exported - wanted)])


def compile_interface(cc, include, scratch):
    source, library = scratch / "interface.c", scratch / SONAME
    bodies = [f"{declaration} {{ __builtin_trap(); }}" for _, declaration in sorted(all_declarations(include).items())]
    source.write_text("#include <conclave/conclave.h>\n" + "\n".join(bodies) + "\n")
    run(cc, "-std=c11", "-g", "-gdwarf-4", "-O0", "-fPIC", "-shared", "-w", f"-ffile-prefix-map={scratch}=", "-I", include, source, "-o",
        library, f"-Wl,-soname,{SONAME}", f"-Wl,--version-script={MAP}")
    return library


def record(library, to):
    run("abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed", "--type-id-style", "hash", "--out-file",
        to, library)


def difference(recorded, library):
    """Nothing, or what abidiff says; bit 8 of its exit status is an incompatible change."""
    done = subprocess.run(["abidiff", str(recorded), str(library)], capture_output=True, text=True)
    if done.returncode == 0:
        return None
    verdict = "programs linked before break" if done.returncode & 8 else "programs linked before may still work: look at it"
    return f"{done.stdout}{done.stderr}{verdict}; record the interface when that is right: {pathlib.Path(__file__).name} --record"


def check(cc, library, scratch):
    offences = name_offences(set(all_declarations(C_LIBRARY / "include")), symbols_of_map(), symbols_of(library))
    if SONAME not in run("readelf", "-d", library):
        offences.append(f"the soname of {library} is not {SONAME}")
    changed = difference(RECORD, compile_interface(cc, C_LIBRARY / "include", scratch))
    return offences + ([changed] if changed else [])


def self_test(cc, scratch):
    assert declarations("CONCLAVE_API int conclave_a(int b,\n  int c);\n// CONCLAVE_API int conclave_d(void);\n") == \
        {"conclave_a": "int conclave_a(int b,\n  int c)"}
    assert name_offences({"conclave_a"}, {"conclave_a"}, {f"conclave_a@@{VERSION}"}) == []
    assert len(name_offences({"conclave_a"}, {"conclave_b"}, {"std"})) == 4

    def differs(name, before, after):
        include = scratch / name / "include"
        run("cp", "-r", C_LIBRARY / "include", scratch / name)
        header = include / "conclave/c/kv.h"
        assert before in header.read_text()
        header.write_text(header.read_text().replace(before, after))
        return difference(RECORD, compile_interface(cc, include, scratch / name))

    for directory in ("same", "type", "order", "gone"):
        (scratch / directory).mkdir()
    assert differs("same", "bool keys_only;", "bool keys_only;") is None
    assert "uint32_t" in differs("type", "uint64_t limit;", "uint32_t limit;")
    assert differs("order", "CONCLAVE_SORT_VALUE = 4", "CONCLAVE_SORT_VALUE = 5") is not None
    assert "break" in differs("gone", "CONCLAVE_API conclave_code conclave_get(", "extern conclave_code conclave_get(")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library", nargs="?")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        if arguments.self_test:
            self_test(arguments.cc, scratch)
        elif arguments.record:
            record(compile_interface(arguments.cc, C_LIBRARY / "include", scratch), RECORD)
        else:
            offences = check(arguments.cc, arguments.library, scratch)
            print("\n".join(offences), end="\n" if offences else "")
            return 1 if offences else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
