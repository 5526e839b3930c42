/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verbs that do several things, each a row of a table: "hearth roots", "hearth roots add DIR". */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

typedef struct HthSubVerb HthSubVerb;

struct HthSubVerb {
    const char *name;
    int min_words, max_words; /* behind the name */

    /* @words: those behind the name, NULL at the end. Returns: the answer, a new reference. */
    JsonObject *(*ask)(HthCli *cli, const HthSubVerb *self, char **words, GError **error);

    HthCliPrint print;
};

/* Runs the row that the words of @argv name; the first one when there are none.
 * @usage: what the verb takes, to say when the words fit no row; NULL: the verb's arguments.
 * Returns: an exit code. */
int hth_sub_verb_run(HthCli *cli, const HthSubVerb *rows, guint n_rows, const char *usage, int argc,
                     char **argv);

G_END_DECLS
