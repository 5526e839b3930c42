# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of results, for the terminal and for docs/benchmarks.md."""
import datetime

import procfs
import servers

# Who is measured beside hearth: peers, to be better than, and floors, which nobody passes.
PEERS = ("minidlna", "gerbera")
FLOORS = ("nginx", "floor")
PEERS_OF = {"panel": (), "relay": ("nginx",), "sync": ("rsync", "syncthing", "casync")}
FLOORS_OF = {"panel": (), "relay": ("floor",), "sync": ()}


def _number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def _cell(row, who):
    values = row.values.get(who)
    if not values:
        return "–"
    text = _number(row.median(who))
    if len(values) > 1 and min(values) != max(values):
        text += f" ({_number(min(values))} – {_number(max(values))})"
    return text


def _ratio(row, others):
    """How many times as good as the best of @others."""
    mine = row.median("hearth")
    theirs = [row.median(who) for who in others if row.values.get(who)]
    if not mine or not any(theirs):
        return "–"
    best = max(theirs) if row.is_more_better else min(value for value in theirs if value)
    ratio = mine / best if row.is_more_better else best / mine
    return f"{ratio:.3g} ×"


def table(rows):
    """All of one group."""
    group = rows[0].group if rows else ""
    peers, floors = PEERS_OF.get(group, PEERS), FLOORS_OF.get(group, FLOORS)
    columns = ("hearth", *peers, *floors)
    heads = ["what", "unit", "target", *columns]
    heads += ["to the best peer"] if peers else []
    heads += ["to the floor"] if floors else []
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [row.title, row.unit, row.target or "–"] + [_cell(row, who) for who in columns]
        cells += ([_ratio(row, peers)] if peers else []) + ([_ratio(row, floors)] if floors else [])
        lines.append("| " + " | ".join(cells) + " |")
    notes = dict.fromkeys(f"- {row.title}: {note}" for row in rows for note in row.notes)
    return "\n".join(lines) + ("\n\n" + "\n".join(notes) if notes else "")


GROUPS = (
    ("scan", "First scan", "From the start of the program until ContentDirectory counts every track "
     "(hearth: and finds a genre for each, so tags are read). The floor opens each file and reads 64 "
     "KiB of it."),
    ("restart", "Restart with nothing changed", "minidlna runs with `-r`; it says nowhere when it "
     "has checked, so its CPU is beside hearth's. The floor walks the tree and calls stat."),
    ("browse", "Browse", "Random containers and places over the whole tree, a container as often as "
     "it has objects, RequestedCount 100, asked as four kinds of clients; a file gets another title "
     "each second meanwhile. Every answer is checked, a sample is parsed to its end. “Pages of 100” "
     "are from containers that have that many. The floor is nginx with a static file as large."),
    ("search", "Search", "Random pieces of titles, folded; TotalMatches must be what the tags of "
     "the corpus say (hearth: else the answer counts as wrong; minidlna has no Opus and folds no diacritics). gerbera "
     "1.1.0 has no Search."),
    ("stream", "Streams", "A film of 2 GB, in the page cache. The client lets the kernel drop what "
     "it receives. CPU is that of the server's process tree."),
    ("stalled", "Streams that nobody reads", "Each asks for the whole film and never reads."),
    ("memory", "Memory", "Fifteen seconds after the scan, so that workers are gone."),
    ("relay", "Relay", "`hearth-locker` beside nginx's stream proxy with ssl_preread, on loopback: "
     "from the home to the device, both ends of every stream the same client's. The floor is that "
     "client without a relay. CPU is that of the relay alone. Idle homes have a control connection "
     "and two parked ones each; memory is PSS."),
    ("sync", "Sync", "Files of 3.6 MB with a payload each, in albums of five, brought to a device at "
     "the other end of a cable; what crossed is counted there, handshakes and acknowledgements "
     "included. rsync goes over ssh; casync's figure is its new chunks and its index. hearth's time "
     "is from the end of the change until the device is done, so its preparation is in it. After "
     "each change every file is compared."),
    ("panel", "Control panel", "`hearth-panel` beside a real daemon with 10,000 albums of one track each, every "
     "one with a cover of its own of 500 × 500 pixels, in a window of 1280 × 800 in Xvfb. The daemon has made "
     "all small pictures before; the panel begins with none of them, and keeps 40 MB. “End to end” is the whole "
     "grid in 24 s: 60 rows a second. A frame ends when the X server has drawn it, so what lies between two ends "
     "holds all work, also that of other programs on the same cores. Of three runs the best is shown. Memory is PSS."),
    ("start", "Start to visible", "In a network namespace, seen from the other end of a cable."),
)


def page(bench):
    groups = {name: [row for row in bench.rows if row.group == name] for name, _, _ in GROUPS}
    versions = ", ".join(f"{name} {v}" for name, v in servers.versions(bench).items())
    parts = [
        "# Benchmarks\n",
        "Written by `./dev bench`; all servers were measured beside each other in one run. Ratios "
        "count, figures of other machines differ. “2 ×” is twice as good, whichever way the unit "
        f"goes.\n\n{datetime.date.today().isoformat()}, {procfs.machine()}; server and client share "
        f"the cores. {versions}. Medians of {bench.rounds}, the range behind them; what takes long "
        "was run once.\n",
        "minidlna indexes no Opus, so its scans cover 92 % of the tracks. gerbera takes seconds for "
        "one page at 10,000 tracks and is measured at 1,000 only. Corpora: MP3, FLAC, Ogg Vorbis, "
        "M4A and Opus files of some seconds (of half a second in the 100,000), tagged as music is "
        "(`tests/bench/make-corpus`).\n"]
    for name, title, text in GROUPS:
        if groups[name]:
            parts.append(f"## {title}\n\n{text}\n\n{table(groups[name])}\n")
    return "\n".join(parts)
