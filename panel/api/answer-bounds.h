/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an answer may hold at most: a label with a megabyte of text, or a million rows, would hold
 * up the window for as long as it takes to lay them out. A daemon that is right never comes near.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_ANSWER_TEXT_BYTES 4096 /* as long as a path may be */
#define HTH_ANSWER_LIST_ITEMS 1024 /* a page of the API has at most 1000 */

/* Cuts texts at a letter and lists at their end, everywhere in @node.
 * Threads: any; nobody else may have @node yet. */
void hth_answer_bound(JsonNode *node);

G_END_DECLS
