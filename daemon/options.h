/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearthd was asked on its command line. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    char **media; /* NULL: not given; likewise below */
    char *state_dir;
    char *config_file;
    char *name;
    char **interfaces;
    char *socket_path;
    char *log_levels;
    int port; /* -1: not given */
    gboolean is_verbose;
    gboolean wants_version;
} HthOptions;

/* Errors: G_OPTION_ERROR with a sentence for people. --help prints and exits, as GOption does. */
gboolean hth_options_parse(HthOptions *out, int *argc, char ***argv, GError **error);
void hth_options_clear(HthOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthOptions, hth_options_clear)

G_END_DECLS
