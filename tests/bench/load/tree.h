/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The containers of a server and how many objects each holds, learned by walking it. */
#pragma once

#include "engine.h"
#include "soap.h"

G_BEGIN_DECLS

typedef struct {
    char *id;
    guint n_children;
} HthTreeContainer;

/* Asks for every container of the server, from "0" down, over one connection. A container whose
 * first objects are items is not read to its end. @max_containers: enough is enough.
 * Returns: an array of HthTreeContainer; g_array_unref() frees it. NULL: a wrong answer. */
GArray *hth_tree_walk(const struct sockaddr_in *server, const HthControl *control,
                      guint max_containers);

/* To and from a file: a line a container, its count, a tab and its id. */
gboolean hth_tree_save(const GArray *tree, const char *path, GError **error);
GArray *hth_tree_load(const char *path, GError **error);

G_END_DECLS
