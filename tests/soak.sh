#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The long versions of what the test suite does shortly. usage: soak.sh BUILD-FOLDER
#
# Each step's output is kept in BUILD-FOLDER/soak/; the last line says how many passed and failed.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=$(readlink -f "$1")
logs=$build/soak
mkdir -p "$logs"
export HEARTH_SOURCE=$source_dir HEARTH_BUILD=$build G_DEBUG=fatal-warnings
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
passed=0
failed=0

# step NAME COMMAND…
step() {
  local name=$1 start=$SECONDS
  shift
  echo "$name …"
  if "$@" >"$logs/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "  passed in $((SECONDS - start)) s: $(tail -n 1 "$logs/$name.log")"
  else
    failed=$((failed + 1))
    echo "  FAILED after $((SECONDS - start)) s; the end of $logs/$name.log:"
    tail -n 20 "$logs/$name.log" | sed 's/^/    /'
  fi
}

crash=$source_dir/tests/integration/crash
step 200-kills-of-a-scan /usr/bin/python3 "$crash/kill_scan.py" --rounds 200
step 100000-files-in-a-folder /usr/bin/python3 "$crash/many_files.py" --files 100000
step 1000-kills-of-a-sync /usr/bin/python3 "$source_dir/tests/integration/sync-trouble/kill_sync.py" \
  --rounds 1000
step 500-kills-away-from-home /usr/bin/python3 "$source_dir/tests/integration/journey/kill_away.py" \
  --rounds 500
step 10000-simulated-worlds "$build/tests/simulate/hearth-simulate" --count 10000 --jobs 2 1
if [ -x "$build/panel/hearth-panel" ]; then
  panel=$source_dir/tests/integration/panel
  step panel-driven-by-a-person /usr/bin/python3 "$panel/test_flows.py"
  step panel-plays-and-rules /usr/bin/python3 "$panel/test_playing.py"
  step panel-by-keyboard-and-by-name /usr/bin/python3 "$panel/test_manners.py" Long
  step panel-beside-a-hostile-daemon /usr/bin/python3 "$panel/test_hostile.py" Long
fi
"$source_dir/tests/support/make-demo.sh" "$logs/media"
rm -rf "$logs/seeds" && mkdir "$logs/seeds"
find "$logs/media" -type f ! -name .complete ! -name cover.jpg -exec ln -f -t "$logs/seeds" {} +
step 10000-broken-files "$build/tests/fuzz/mutate-media" "$build/worker/hearth-worker" \
  "$logs/seeds" 10000 1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
