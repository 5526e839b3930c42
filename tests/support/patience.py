# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what must come true, on a machine that may be slow."""

import os
import time

# Sanitizers make everything slower; a figure of seconds is multiplied by this.
PATIENCE = float(os.environ.get("HEARTH_PATIENCE", "4"))


def wait_until(what, condition, timeout=20.0):
    """Calls @condition until it returns something true, which is returned."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.03)
