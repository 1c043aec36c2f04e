#!/bin/bash
# library.sh CMAKE BUILD_DIR CXX CC: what `cmake --install` puts down is enough to build a program, with find_package and with pkg-config.
set -euo pipefail
readonly cmake=$1 build=$2 cxx=$3 cc=$4
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/programs" && pwd)
readonly sources readme=$sources/../../../README.md
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf "$scratch"' EXIT
readonly prefix=$scratch/prefix

fail() { printf '%s\n' "$*" >&2; exit 1; }

for component in development library; do "$cmake" --install "$build" --prefix "$prefix" --component $component >/dev/null; done

echo "no header of an inner layer is installed, and no installed header needs one"
generated=$(find "$prefix" -name '*_generated.h' -o -path '*conclave/protocol*' -name '*.hpp')
[ -z "$generated" ] || fail "installed by mistake: $generated"

# block LANGUAGE: the first block of that language in README.md.
block() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { if (inside) exit } inside' "$readme"; }

echo "with find_package: the program of README.md"
mkdir "$scratch/first"
block cpp >"$scratch/first/first.cpp"
block cmake >"$scratch/first/CMakeLists.txt"
"$cmake" -G Ninja -S "$scratch/first" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" >"$scratch/configure.log" 2>&1 ||
  { cat "$scratch/configure.log"; fail "find_package failed"; }
"$cmake" --build "$scratch/cmake" >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; fail "the program does not build"; }
[ -x "$scratch/cmake/first" ] || fail "README.md has no program"

echo "with pkg-config, as C++23"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name conclave.pc)")
# shellcheck disable=SC2046  # the flags are words
"$cxx" -std=c++23 -O0 "$sources/refused.cpp" $(pkg-config --cflags --libs conclave) -o "$scratch/refused"
timeout 20 "$scratch/refused"

echo "what most programs include is light: no Asio, no OpenSSL, no FlatBuffers"
# shellcheck disable=SC2046
heavy=$("$cxx" -std=c++20 -M "$sources/refused.cpp" $(pkg-config --cflags conclave) | grep -oE '[^ ]*/(asio|openssl|flatbuffers)[^ ]*' | head -3 || true)
[ -z "$heavy" ] || fail "included by mistake: $heavy"

echo "with a recipe"
# shellcheck disable=SC2046
"$cxx" -std=c++20 -O0 "$sources/locks.cpp" $(pkg-config --cflags --libs conclave) -o "$scratch/locks"
timeout 20 "$scratch/locks"

echo "with Asio's tokens"
# shellcheck disable=SC2046
"$cxx" -std=c++20 -O0 "$sources/awaits.cpp" $(pkg-config --cflags --libs conclave-asio) -o "$scratch/awaits"
timeout 20 "$scratch/awaits"

echo "in C, with pkg-config"
libraries=$(dirname "$(find "$prefix" -name libconclave.so)")
readonly libraries
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -pedantic -Werror "$sources/refused.c" $(pkg-config --cflags --libs conclave-c) -o "$scratch/refused_c"
LD_LIBRARY_PATH=$libraries timeout 20 "$scratch/refused_c"
block c >"$scratch/first.c"
[ -s "$scratch/first.c" ] || fail "README.md has no program in C"
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -pedantic -Werror "$scratch/first.c" $(pkg-config --cflags --libs conclave-c) -o "$scratch/first_c"
readelf -d "$scratch/refused_c" | grep -q 'NEEDED.*libconclave.so.0' || fail "the program does not ask for the soname"

echo "in C, with find_package"
mkdir "$scratch/c"
cp "$sources/refused.c" "$scratch/c/"
cat >"$scratch/c/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.24)
project(refused LANGUAGES C)
find_package(conclave REQUIRED COMPONENTS c)
add_executable(refused refused.c)
target_link_libraries(refused PRIVATE conclave::c)
CMAKE
"$cmake" -G Ninja -S "$scratch/c" -B "$scratch/c/build" -DCMAKE_PREFIX_PATH="$prefix" >"$scratch/configure.log" 2>&1 ||
  { cat "$scratch/configure.log"; fail "find_package(conclave COMPONENTS c) failed"; }
"$cmake" --build "$scratch/c/build" >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; fail "the C program does not build"; }
timeout 20 "$scratch/c/build/refused"
