#!/bin/bash
# least_chain.sh PROGRAM DIRECTORY: it measures something and ends well, also when a follower is still behind at the end.
set -euo pipefail
for _ in {1..20}; do
  said=$("$1" --directory "$2" --seconds 0.02)
  [[ $said =~ \"p50_us\":\ [1-9] ]] || { printf 'it said: %s\n' "$said" >&2; exit 1; }
done
