#!/usr/bin/env bash
# Fuzzes every parser for so many seconds each. usage: run-fuzzers.sh BUILD-FOLDER SECONDS
# A finding is left in BUILD-FOLDER/findings/; put it into the corpus with its fix.
set -euo pipefail
build=$1 seconds=$2
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$build/findings"
passed=0 failed=0
for program in "$build"/tests/fuzz/*-fuzz; do
  name=$(basename "$program")
  corpus="$here/corpus/${name%-fuzz}"
  work=$(mktemp -d)
  if "$program" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=10 \
    -artifact_prefix="$build/findings/$name-" -print_final_stats=1 "$work" "$corpus" \
    >"$build/findings/$name.log" 2>&1; then
    passed=$((passed + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/findings/$name.log")
    echo "$name: ${runs:-0} runs, nothing found"
  else
    failed=$((failed + 1))
    echo "$name: see $build/findings/$name.log"
  fi
  rm -rf "$work"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
