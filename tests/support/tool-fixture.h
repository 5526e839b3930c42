/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder in which real tools make and change files. */
#pragma once

#include <glib.h>

#include "media/byte-source.h"

typedef struct {
    char *dir;
} ToolFixture;

/* For g_test_add(). */
void tool_fixture_set_up(ToolFixture *self, gconstpointer data);
void tool_fixture_tear_down(ToolFixture *self, gconstpointer data);

/* Runs @command (printf-like, for sh, in the folder); it must succeed. */
void tool_fixture_run(ToolFixture *self, const char *command, ...) G_GNUC_PRINTF(2, 3);

/* The bytes of the file @name. */
GBytes *tool_fixture_read(ToolFixture *self, const char *name);
HthByteSource *tool_fixture_open(ToolFixture *self, const char *name);

/* Whether @program is installed; otherwise the test is marked as skipped. */
gboolean tool_fixture_has(const char *program);

#define TOOL_FFMPEG "ffmpeg -nostdin -v error -y -threads 1 -fflags +bitexact "
