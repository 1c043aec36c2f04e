#!/bin/bash
# tour.sh BIN_DIR README [EXPECTED_DIR]: runs the tour of README.md, as it stands there, on three members of its own, and compares what each
# command came to. Only the ports are others, and the watch of the "second terminal" runs beside the rest.
set -euo pipefail
support=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")/support
[ -n "${PORTS:-}" ] || exec python3 "$support/ports.py" 6 -- bash "${BASH_SOURCE[0]}" "$@"
read -ra ports <<<"$PORTS"
bin=$(cd "$1" && pwd)
readme=$(realpath "$2")
readonly bin readme
here=$(cd "${3:-$(dirname "${BASH_SOURCE[0]}")}" && pwd)
scratch=$(mktemp -d)
readonly here scratch
readonly names=(n1 n2 n3)

fail() {
  printf '%s\n' "$*" >&2
  tail -n 20 "$scratch"/build/cluster/*.log >&2 || true
  exit 1
}

stop_everything() {
  local pid
  for pid in $(cat "$scratch"/build/cluster/*.pid "$scratch/watch.pid" 2>/dev/null || true) $(jobs -p); do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap stop_everything EXIT

# What the tour calls ./dev: the same two verbs for these ports.
dev() {
  local i name pid members
  members=$(for i in 0 1 2; do printf '%s=127.0.0.1:%s,' "${names[i]}" "${ports[i + 3]}"; done)
  for i in 0 1 2; do
    name=${names[i]}
    pid=$(cat "build/cluster/$name.pid" 2>/dev/null || true)
    if [ "$1" = down ]; then
      kill -TERM "$pid"
      for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
      continue
    fi
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then continue; fi
    "$bin/conclaved" --name "$name" --data-dir "build/cluster/$name" --listen-client "127.0.0.1:${ports[i]}" \
      --listen-peer "127.0.0.1:${ports[i + 3]}" --initial-cluster "${members%,}" >>"build/cluster/$name.log" 2>&1 &
    printf '%s\n' "$!" >"build/cluster/$name.pid"
    disown
  done
  [ "$1" = up ] || return 0
  for i in 0 1 2; do
    for _ in $(seq 200); do
      if timeout 3 "$bin/conclavectl" --endpoints "127.0.0.1:${ports[i]}" --timeout 1s get health >/dev/null 2>&1; then continue 2; fi
      sleep 0.05
    done
    fail "${names[i]} is not healthy"
  done
}

# Notes what each command came to.
conclavectl() {
  local status=0
  timeout 20 "$bin/conclavectl" "$@" || status=$?
  printf '%s %s\n' "$status" "$*" | sed -e "s/${LEASE:-no lease}/LEASE/g; s/:${REVISION:-no revision}:/:REVISION:/" >>"$scratch/came_to"
  return "$status"
}

locksmithctl() {
  local status=0
  timeout 20 "$bin/locksmithctl" "$@" || status=$?
  printf '%s %s\n' "$status" "$*" >>"$scratch/came_to"
  return "$status"
}

# The commands of the tour: all blocks after the first.
tour() {
  # shellcheck disable=SC2016  # the commands expand when they run
  awk '/^```sh$/ { inside = blocks++ > 0; next } /^```$/ { inside = 0 } inside' "$readme" |
    sed -e "s/7400/${ports[0]}/g; s/7410/${ports[1]}/g; s/7420/${ports[2]}/g; s#^\\./dev#dev#" \
      -e 's#^conclavectl watch .*#"$bin"/& >"$scratch/watched" \&\necho $! >"$scratch/watch.pid"#'
}

mkdir -p "$scratch/build/cluster"
ln -s "$bin" "$scratch/build/bin"
cd "$scratch"
tour >"$scratch/tour"
dev up
set +eu
# shellcheck source=/dev/null
. "$scratch/tour"
set -eu
diff "$here/came_to.txt" "$scratch/came_to" || fail "the commands of the tour came to something else"
[ ! -f "$here/watched.txt" ] || diff "$here/watched.txt" "$scratch/watched" || fail "the watch of the tour told something else"
