/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantities in words, in the person's language. All strings are new. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char *hth_wording_number(gint64 number);     /* "10,000" */
char *hth_wording_bytes(gint64 bytes);       /* "3.2 GB" */
char *hth_wording_clock(gint64 duration_ms); /* "3:05", "1:02:03" */
char *hth_wording_time_left(gint64 seconds); /* "about 3 minutes left" */
char *hth_wording_ago(gint64 unix_s);        /* "just now", "5 minutes ago", "never" for 0 */
char *hth_wording_date(const char *date);    /* "3 October 2024" for "2024-10-03…" */
char *hth_wording_files(gint64 n_files);     /* "1 file", "20 files" */
char *hth_wording_items(gint64 n_items);     /* "1 item", "20 items" */
char *hth_wording_tracks(gint64 n_tracks);   /* "1 track" … */
/* "No network" for "no network": what others say, as a sentence begins. */
char *hth_wording_sentence(const char *text);
/* What the daemon says of @name in @object ("cause" of a finding), in the person's language where
 * the translation has its template; else in English. */
char *hth_wording_of_daemon(JsonObject *object, const char *name);
char *hth_wording_media_name(const char *kind); /* "Track" for "track" … */

G_END_DECLS
