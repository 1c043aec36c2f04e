#!/usr/bin/env python3
"""comments.py XML_DIRECTORY: what a program meets in the headers of C++ has a comment: each class and struct, and each of their public
functions, of which one comment serves all forms, also the awaitable one (async_...). What has its meaning from the language has none:
constructors, assignments, destructors, operators. Prints what lacks one; exit status 1 if anything does."""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

PUBLIC = re.compile(r"(clients/cpp/include|clients/cpp/core/include/conclave/client/(request|types)\.hpp|recipes/include/conclave/recipes/[a-z_]+\.hpp)")
NAMESPACES = {"conclave", "conclave::recipes"}


def has_comment(element):
    return any("".join(element.find(part).itertext()).strip() for part in ("briefdescription", "detaileddescription"))


def place_of(element):
    location = element.find("location")
    return f"{location.get('file')}:{location.get('line')}"


def is_public(element):
    location = element.find("location")
    return location is not None and PUBLIC.search(location.get("file", "")) is not None


def calls_of(compound):
    """Public functions by name, with whether one of their forms has a comment, and where the first is."""
    own = compound.findtext("compoundname").split("::")[-1]
    calls = {}
    for member in compound.iter("memberdef"):
        name = member.findtext("name")
        if member.get("kind") != "function" or member.get("prot") != "public" or not is_public(member):
            continue
        if name.lstrip("~") == own or name.startswith(("operator", "async_")):
            continue
        told, place = calls.get(name, (False, place_of(member)))
        calls[name] = (told or has_comment(member), place)
    return calls


def offences_of(directory):
    for file in sorted(pathlib.Path(directory).glob("*.xml")):
        for compound in ElementTree.parse(file).getroot().iter("compounddef"):
            name = compound.findtext("compoundname")
            if "detail" in name.split("::"):
                continue
            if compound.get("kind") in ("class", "struct"):
                if not is_public(compound) or compound.get("prot") == "private":
                    continue
                if not has_comment(compound):
                    yield f"{place_of(compound)}: {name}"
            elif not (compound.get("kind") == "namespace" and name in NAMESPACES):
                continue
            for call, (told, place) in calls_of(compound).items():
                if not told:
                    yield f"{place}: {name}::{call}"


if __name__ == "__main__":
    found = sorted(set(offences_of(sys.argv[1])))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
