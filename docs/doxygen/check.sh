#!/bin/bash
# check.sh DOXYGEN: the reference pages of C and C++ are made without a warning, everything in C has a comment, and so have each class and
# each call of the C++ client and the recipes.
set -euo pipefail
readonly doxygen=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT
export CONCLAVE_DOXYGEN_DIR=$scratch

warnings() { "$doxygen" "$1" 2>&1 | sed "s#$PWD/##" | grep -E 'warning|error' || true; }

failed=0
expect_none() { [ -z "$2" ] || { printf '%s:\n%s\n' "$1" "$2"; failed=1; }; }

expect_none "of the C library" "$(warnings docs/doxygen/Doxyfile.c)"
expect_none "of the C++ client" "$(warnings docs/doxygen/Doxyfile)"

{ cat docs/doxygen/Doxyfile; printf 'GENERATE_XML = YES\nGENERATE_HTML = NO\n'; } >"$scratch/Doxyfile"
warnings "$scratch/Doxyfile" >/dev/null
expect_none "without a comment" "$(python3 docs/doxygen/comments.py "$scratch/xml" | sed "s#$PWD/##")"

for page in c/conclave_8h.html c/kv_8h.html cpp/classconclave_1_1Client.html c/service_8h.html \
  cpp/classconclave_1_1recipes_1_1Mutex.html; do
  [ -s "$scratch/$page" ] || { printf 'no page %s\n' "$page"; failed=1; }
done
exit "$failed"
