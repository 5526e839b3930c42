/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked: pages, searches, pieces of files, streams that nobody reads. */
#pragma once

#include "engine.h"
#include "tree.h"

G_BEGIN_DECLS

typedef struct {
    HthLoadPlan plan;
    HthControl control;
    guint count;        /* RequestedCount */
    guint min_children; /* of containers that are browsed; 0: any */
    gboolean is_exact;  /* totals must be those of the tree, or of the list of words */
    const char *media;  /* path of a file on the server */
    guint64 media_size;
    guint64 range_size;
    const char *local; /* the same file here: contents are compared; NULL: only lengths are */
} HthLoadOptions;

/* Random pages of random containers; a container comes as often as it has objects. FALSE: the tree
 * has nothing to ask for. Prints the result. */
gboolean hth_workload_browse(const HthLoadOptions *options, const GArray *tree);

/* Substrings of titles. @words: a file of lines with a word, a tab and how many titles have it. */
gboolean hth_workload_search(const HthLoadOptions *options, const char *words, GError **error);

/* Ranges at random places of one file. */
gboolean hth_workload_ranges(const HthLoadOptions *options, GError **error);

/* The same request over and over: GET of one path, 200 and the same length each time. */
gboolean hth_workload_get(const HthLoadOptions *options);

/* Opens @n connections that ask for the whole file and never read, lets @options' browse run
 * beside them, and says how many of them had got an answer. */
gboolean hth_workload_stalled(const HthLoadOptions *options, const GArray *tree, guint n);

G_END_DECLS
