#!/bin/bash
# programs.sh CMAKE BUILD_DIR VERSION: the installed programs run, say which version they are, and come with what a service needs.
set -euo pipefail
readonly cmake=$1 build=$2 version=$3
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT

fail() { printf '%s\n' "$*" >&2; exit 1; }

"$cmake" --install "$build" --prefix "$scratch" --component Unspecified >/dev/null
for program in conclaved conclavectl; do
  said=$(timeout 10 "$scratch/bin/$program" --version)
  [ "$said" = "$program $version" ] || fail "$program --version says: $said"
  timeout 10 "$scratch/bin/$program" --help >/dev/null || fail "$program --help fails"
done
for file in lib/systemd/system/conclaved.service share/conclave/conclaved.toml; do
  [ -f "$scratch/$file" ] || fail "$file is not installed"
done

echo "every key of the example configuration is known; a member of another name would have no place in it"
status=0
timeout 10 "$scratch/bin/conclaved" --config "$scratch/share/conclave/conclaved.toml" --name n4 2>"$scratch/log" || status=$?
if [ "$status" != 2 ] || ! grep -q 'initial-cluster: n1, n2, n3' "$scratch/log"; then
  cat "$scratch/log"
  fail "conclaved ended with $status"
fi
