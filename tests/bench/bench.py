#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures hearth beside minidlna, gerbera and nginx, all in one run, and writes
docs/benchmarks.md."""
import argparse
import os
import signal
import subprocess
import sys
import tempfile

import measure_library
import measure_panel
import measure_queries
import measure_relay
import measure_start
import measure_streams
import measure_sync
import measures
import report
import sync_tools
from corpus import maker

NAMES = {
    "scan": (measure_library.scan, "first scan, warm and cold"),
    "restart": (measure_library.restart, "restart with nothing changed"),
    "browse": (measure_queries.browse, "pages of Browse, while the library changes"),
    "search": (measure_queries.search, "pieces of titles, totals checked"),
    "stream": (measure_streams.stream, "ranges and seeks of a film"),
    "stalled": (measure_streams.stalled, "streams that nobody reads, Browse beside them"),
    "memory": (measure_library.memory, "resident memory after a scan"),
    "start": (measure_start.start, "start to first announcement and answer"),
    "relay": (measure_relay.relay, "bytes through a locker, nginx's stream proxy beside it; idle homes"),
    "panel": (measure_panel.panel, "the control panel: frames, memory, opening"),
    "sync": (measure_sync.sync, "changes brought to a device; rsync, syncthing, casync beside it (10 minutes)"),
}


# On two cores that have little else to do; corpora are made once, in some minutes.
EPILOG = ("sync takes 10 minutes with --rounds 1 and 6 more for each further round; with --quick half "
          "a minute. All with --quick takes a minute: the test bench-quick.")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all unless told")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--build", default="build-release", help="build folder (%(default)s)")
    parser.add_argument("--corpus", metavar="DIR", default=maker.default_folder(),
                        help="where corpora are kept (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement (%(default)s)")
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")],
                        metavar="N,N,N", help="other numbers of tracks than 1000,10000,100000")
    parser.add_argument("--quick", action="store_true",
                        help="a tiny corpus, half a second each: shows that everything works")
    parser.add_argument("--output", metavar="FILE", help="where the page is written "
                        "(docs/benchmarks.md after a full run, else nowhere)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no measurement called {unknown[0]}; --list has the names")
    return options


def run(bench, names):
    """Returns the names of those that failed."""
    failed = []
    for name in names:
        print(f"{name}: {NAMES[name][1]}", flush=True)
        try:
            NAMES[name][0](bench)
        except (RuntimeError, OSError, measures.servers.contentdir.Failed, sync_tools.Failed,
                subprocess.TimeoutExpired) as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed.append(name)
        if any(row.is_wrong for row in bench.rows if row.group == name):
            print(f"{name} failed: hearth answered wrongly", file=sys.stderr)
            failed.append(name)
        print(report.table([row for row in bench.rows if row.group == name]) + "\n", flush=True)
    return failed


def default_output(options):
    is_full = not (options.names or options.quick or options.sizes)
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(here, "..", "..", "docs", "benchmarks.md") if is_full else None


def end_cleanly():
    """Servers, the namespace and the scratch folder go, however this program is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main():
    options = parse()
    end_cleanly()
    if options.list:
        for name, (_, text) in NAMES.items():
            print(f"{name:8} {text}")
        return 0
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as scratch:
        bench = measures.Bench(options, scratch)
        bench.sizes = options.sizes or bench.sizes
        try:
            failed = run(bench, options.names or list(NAMES))
        finally:
            bench.close()
        output = options.output or default_output(options)
        if output and not failed:
            with open(output, "w", encoding="utf-8") as file:
                file.write(report.page(bench))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
