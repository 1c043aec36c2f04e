#!/bin/bash
# slow_disk.sh PROGRAM DIRECTORY: flushes are later by what was said, the command's exit code is the program's, and what cannot be
# run is told.
set -uo pipefail
readonly PROGRAM=$1 FILE=$2/slow_disk.data
fail() { printf '%s\n' "$1" >&2; exit 1; }

before=${EPOCHREALTIME/[.,]/}
"$PROGRAM" 20000 sh -c "for i in 1 2 3 4 5; do dd if=/dev/zero of='$FILE' bs=4096 count=1 conv=fdatasync status=none || exit 9; done; exit 7"
code=$?
took=$((${EPOCHREALTIME/[.,]/} - before))
rm -f "$FILE"
[ "$code" -eq 7 ] || fail "the command ends with 7, not with $code"
[ "$took" -ge 100000 ] || fail "five flushes, each 20 ms later, took $took us"

said=$("$PROGRAM" 20000 "$2/no-such-program" 2>&1)
[ $? -eq 126 ] || fail "a program that is not there was started"
[[ $said == *"no-such-program: No such file or directory"* ]] || fail "it said: $said"
for words in "" "20000" "0 true" "x true" "2000000 true"; do
  # shellcheck disable=SC2086
  "$PROGRAM" $words >/dev/null 2>&1
  [ $? -eq 2 ] || fail "it took: $words"
done
