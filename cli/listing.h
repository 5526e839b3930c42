/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of objects as browse and search show it. */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

typedef struct {
    int start;
    int count;
    char *sort;
} HthPageOptions;

/* "&start=…&count=…&sort=…" New string. */
char *hth_page_query(const HthPageOptions *options);

/* Prints the page and a line that says how much there is. */
void hth_page_print(JsonObject *page);

/* Reads a member that may be missing. */
const char *hth_text_member(JsonObject *object, const char *name);
gint64 hth_number_member(JsonObject *object, const char *name);

/* The texts of a list, joined; "" when there are none. New strings. */
char *hth_joined(JsonObject *object, const char *name);
char *hth_artists(JsonObject *object);

G_END_DECLS
