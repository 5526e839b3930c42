# SPDX-License-Identifier: GPL-3.0-or-later
"""Corpora for the measurements: tagged music of many kinds, and one large video."""
