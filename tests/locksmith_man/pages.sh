#!/bin/bash
# pages.sh MAN_DIR BIN_DIR: the manual pages are well formed, are about what their names say, and leave out no verb and no flag.
set -euo pipefail
# shellcheck disable=SC1003  # a backslash is meant
readonly pages=$1 bin=$2
status=0

complain() {
  printf '%s\n' "$*" >&2
  status=1
}

for page in "$pages"/*.[158]; do
  said=$(groff -z -ww -man -Tutf8 -K utf8 "$page" 2>&1) || complain "$page: groff ends with an error"
  [ -z "$said" ] || complain "$said"
  name=$(basename "$page")
  heading=$(sed -n 's/^\.TH \([^ ]*\) \([1-9]\) .*/\1.\2/p' "$page" | tr -d '\\' | tr '[:upper:]' '[:lower:]')
  [ "$heading" = "$name" ] || complain "$page: its heading is of another page: $heading"
  grep -q '[[:space:]]$' "$page" && complain "$page: blanks at the end of a line"
  for section in NAME SYNOPSIS DESCRIPTION 'SEE ALSO'; do
    grep -qx "\\.SH $section\\|\\.SH \"$section\"" "$page" || complain "$page: no section $section"
  done
  # Pages of this project that are referred to exist.
  { grep -o 'locksmith[a-z.\\-]* *([158])' "$page" || true; } | tr -d ' \\' | sort -u | while IFS='(' read -r other section; do
    [ -f "$pages/$other.${section%)}" ] || { printf '%s: there is no %s(%s\n' "$page" "$other" "$section" >&2; exit 1; }
  done || status=1
done

text() { groff -man -Tascii -P-c -P-b -P-u -rLL=1000n "$1" | tr -s ' '; }

# What a program's help has is in its page: the names of long flags, and of verbs if it has any.
check_words() {
  local program=$1 page=$2 said words
  said=$(text "$page")
  words=$("$bin/$program" --help | grep -oE -e '--[a-z][a-z-]+' | sed 's/^--/-/' | sort -u)
  words+=" $("$bin/$program" --help | awk '/^Subcommands:/ { inside = 1; next } inside && /^  [a-z]/ { sub(",.*", "", $1); print $1 }')"
  for word in $words; do
    case $word in -help|-endpoints) continue ;; esac
    grep -qF -e "$word" <<<"$said" || complain "$page does not tell of $word"
  done
}

for page in "$pages"/*.[18]; do
  program=$(basename "${page%.*}")
  [ -x "$bin/$program" ] && check_words "$program" "$page"
done
# The settings of locksmithd are its flags.
if [ -f "$pages/locksmithd.conf.5" ] && [ -x "$bin/locksmithd" ]; then
  settings=$(text "$pages/locksmithd.conf.5")
  for flag in $("$bin/locksmithd" --help | grep -oE -e '--[a-z][a-z-]+' | sort -u); do
    case $flag in --help|--version|--config) continue ;; esac
    grep -qF -e "${flag#--}" <<<"$settings" || complain "locksmithd.conf.5 does not tell of ${flag#--}"
  done
fi
exit "$status"
