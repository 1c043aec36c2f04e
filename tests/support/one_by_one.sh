#!/bin/bash
# one_by_one.sh PROGRAM: each test of a Catch2 program in a process of its own; fails if one does, or if there are none.
set -euo pipefail
program=$1
mapfile -t names < <("$program" --list-test-names-only || true)
ran=0
for name in "${names[@]}"; do
  [ -n "$name" ] || continue
  pattern=${name//,/\\,}
  "$program" "${pattern//[/\\[}" || { printf 'failed: %s\n' "$name" >&2; exit 1; }
  ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { printf '%s has no tests\n' "$program" >&2; exit 1; }
