#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of agent, home and locker at random moments while files come through the locker, over a link with
300 ms of delay, 5 % of packets lost, and cuts.

    kill_away.py [--rounds N] [--seed N] [--loss PERCENT] [--delay SECONDS]

After each kill of the agent every file on the device is one that the library has or had. Every tenth round, and at the
end, what was killed last is left alone, and the device becomes equal to the library bit for bit.
"""

import argparse
import os
import random
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import world  # noqa: E402
from netns import reexec, wait_for  # noqa: E402

VICTIMS = ("agent", "agent", "agent", "home", "locker", "link")


class Rounds:
    def __init__(self, here, seed):
        self.here = here
        self.random = random.Random(seed)
        self.ever = set(here.media_of(here.media))
        self.album = os.path.join(here.media, world.ALBUM)
        self.number = 1000
        self.killed = dict.fromkeys(VICTIMS, 0)
        self.n_in_traffic = 0

    def bytes_through(self):
        return self.here.forwarder.n_bytes

    def change(self):
        """Retagged, replaced by other content, taken away, added."""
        for _ in range(self.random.randint(1, 3)):
            names = sorted(os.listdir(self.album))
            path = os.path.join(self.album, self.random.choice(names))
            self.number += 1
            what = self.random.choice(("retag", "add", "replace", "delete", "noise", "noise"))
            if what == "retag":
                self.retag(path, f"Title {self.number}" + "x" * self.random.randint(0, 600))
            elif what == "noise" or (what == "delete" and len(names) < 6):
                target = os.path.join(self.here.media, f"noise {self.number % 5}.wav")
                world.noise_track(target + ".part", self.random.randint(200_000, 1_500_000), self.number)
                os.replace(target + ".part", target)
            elif what == "delete":
                os.unlink(path)
            else:
                new = os.path.join(self.album, f"new {self.number}.mp3") if what == "add" else path
                shutil.copy(path, new + ".part")
                self.retag(new + ".part", f"Other {self.number}", new)
        self.ever |= set(self.here.media_of(self.here.media))

    @staticmethod
    def retag(path, title, final=None):
        with open(path, "rb") as file:
            data = file.read()
        part = os.path.join(os.path.dirname(path), "part.mp3.tmp")
        with open(part, "wb") as file:
            file.write(data)
        tags = world.mutagen.File(part, easy=True)
        tags["title"] = title
        tags.save()
        os.replace(part, final or path)
        if final is not None:
            os.unlink(path)

    def check_files(self):
        found = set(self.here.media_of(self.here.folder))
        strange = found - self.ever
        assert not strange, f"{len(strange)} files are not what the library ever had"

    def wait_for_traffic(self):
        """A random moment, mostly while bytes come."""
        begin, seen = self.bytes_through(), time.monotonic()
        wanted = self.random.randint(1, 800_000)
        while self.bytes_through() - begin < wanted and time.monotonic() - seen < 2.5:
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.05))
        self.n_in_traffic += self.bytes_through() > begin

    def kill(self):
        here, victim = self.here, self.random.choice(VICTIMS)
        self.killed[victim] += 1
        if victim == "agent":
            here.kill_agent()
            self.check_files()
            here.start_agent()
        elif victim == "home":
            here.home.kill()
            here.home.start()
        elif victim == "locker":
            here.relay.kill()
            here.relay.start()
        else:
            here.phone_host.ip("link", "set", "eth1", "down")
            time.sleep(self.random.uniform(0.05, 2))
            here.phone_host.ip("link", "set", "eth1", "up")
            here.phone_host.ip("route", "replace", "default", "via", world.CAFE_ROUTER)

    def run(self, n_rounds):
        for number in range(1, n_rounds + 1):
            self.change()
            self.wait_for_traffic()
            self.kill()
            if number % 10 == 0 or number == n_rounds:
                wait_for(f"round {number} to converge", self.here.is_equal, 120)
                print(f"{number} rounds, {self.n_in_traffic} in traffic", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.15)
    options = parser.parse_args()
    reexec()
    with world.World(n_tracks=8, large_bytes=1_000_000, delay_s=options.delay,
                     loss_percent=options.loss) as here:
        here.start_agent()
        here.wait_until_equal()
        here.to_cafe()
        rounds = Rounds(here, options.seed)
        rounds.run(options.rounds)
        print(f"{options.rounds} rounds, {rounds.n_in_traffic} while bytes came, seed {options.seed}: "
              f"{rounds.killed}; all equal bit for bit")


if __name__ == "__main__":
    main()
