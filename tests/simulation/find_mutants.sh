#!/bin/bash
# find_mutants.sh BIN SEEDS: runs every simulator with a planted bug until a seed finds it, and the right one over the same seeds.
# Fails if a bug stays unfound, or if the right one fails.
set -uo pipefail
readonly BIN=$1 SEEDS=$2 BOUND_SECONDS=900
missed=0
for program in "$BIN"/conclave-sim-*; do
  name=${program##*/conclave-sim-}
  output=$(timeout "$BOUND_SECONDS" "$program" --seeds "$SEEDS" --until-failure 2>&1)
  case $? in
    1) printf '%-26s found: %s\n' "$name" "$(grep -m 1 -oE 'seed [0-9]+ fails.*|an assertion fails.*' <<<"$output" | cut -c 1-150)"
       printf '%-26s %s\n' "" "$(grep -m 1 -oE 'repeat: .*' <<<"$output")" ;;
    *) printf '%-26s NOT FOUND in %s seeds\n' "$name" "$SEEDS"
       missed=$((missed + 1)) ;;
  esac
done
[ "$missed" -eq 0 ]
