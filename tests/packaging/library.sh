#!/bin/bash
# library.sh CMAKE BUILD_DIR CXX: what `cmake --install` puts down is enough to build a program, with find_package and with pkg-config.
set -euo pipefail
readonly cmake=$1 build=$2 cxx=$3
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/project" && pwd)
readonly project
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT
readonly prefix=$scratch/prefix

fail() { printf '%s\n' "$*" >&2; exit 1; }

"$cmake" --install "$build" --prefix "$prefix" --component development >/dev/null

echo "no header of an inner layer is installed, and no installed header needs one"
generated=$(find "$prefix" -name '*_generated.h' -o -path '*conclave/protocol*' -name '*.hpp')
[ -z "$generated" ] || fail "installed by mistake: $generated"

echo "with find_package"
"$cmake" -S "$project" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" >"$scratch/configure.log" 2>&1 ||
  { cat "$scratch/configure.log"; fail "find_package failed"; }
"$cmake" --build "$scratch/cmake" >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; fail "the program does not build"; }
timeout 20 "$scratch/cmake/first"

echo "with pkg-config, as C++23"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name conclave.pc)")
# shellcheck disable=SC2046  # the flags are words
"$cxx" -std=c++23 -O0 "$project/first.cpp" $(pkg-config --cflags --libs conclave) -o "$scratch/first"
timeout 20 "$scratch/first"

echo "with Asio's tokens"
# shellcheck disable=SC2046
"$cxx" -std=c++20 -O0 "$project/awaits.cpp" $(pkg-config --cflags --libs conclave-asio) -o "$scratch/awaits"
timeout 20 "$scratch/awaits"
