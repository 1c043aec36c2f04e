#!/usr/bin/env python3
"""man_test.py CONCLAVECTL PAGE: the manual page knows each verb of conclavectl and each of their flags, and no others."""
import pathlib
import re
import subprocess
import sys


def help_of(ctl, verb):
    return subprocess.run([ctl, *verb, "--help"], capture_output=True, text=True, check=True).stdout


def verbs_of(ctl, verb=()):
    """All verbs with what their help says."""
    text = help_of(ctl, verb)
    inner = re.findall(r"^  ([a-z-]+) ", text.partition("Subcommands:\n")[2], re.M)
    if not inner:
        return {" ".join(verb): text}
    found = {}
    for name in inner:
        found.update(verbs_of(ctl, (*verb, name)))
    return found


def flags_of(text):
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.M))


def main(ctl, page):
    text = re.sub(r"\\f[BIR]", "", pathlib.Path(page).read_text()).replace("\\-", "-")
    told = {" ".join(re.findall(r"^[a-z-]+(?: [a-z-]+)?", line)) for line in re.findall(r"^\.TP\n(.*)$", text, re.M)}
    verbs = verbs_of(ctl)
    flags = set().union(flags_of(help_of(ctl, ())), *map(flags_of, verbs.values()))
    offences = [f"not in the page: {verb}" for verb in sorted(verbs) if verb not in told]
    offences += [f"not in the page: {flag}" for flag in sorted(flags) if not re.search(re.escape(flag) + r"(?![a-z-])", text)]
    offences += [f"not in conclavectl: {flag}" for flag in sorted(set(re.findall(r"(?<![\w-])--[a-z-]+", text)) - flags - {"--join"})]
    print("\n".join(offences) or f"{len(verbs)} verbs, {len(flags)} flags")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
