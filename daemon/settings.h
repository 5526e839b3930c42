/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration as it is in force: the file, its drop-ins (those in FILE.d that end in
 * .conf, in order of their names), what `hearth config set` wrote, and the command line; later ones
 * win.
 *
 * A key that is unknown, or a value that its key cannot have, is left out and becomes a warning.
 *
 * Threads: main thread.
 */
#pragma once

#include "setting-table.h"

G_BEGIN_DECLS

typedef struct HthSettings HthSettings;

/* Files that do not exist are fine.
 * Errors: G_KEY_FILE_ERROR_*, G_FILE_ERROR_*: a file is there and cannot be read or understood. */
HthSettings *hth_settings_load(const char *config_file, const char *set_file, GError **error);
void hth_settings_free(HthSettings *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSettings, hth_settings_free)

/* Reads the files again; on an error the old values stay. */
gboolean hth_settings_reload(HthSettings *self, GError **error);

/* From the command line: above every file, and not written anywhere. */
void hth_settings_override(HthSettings *self, const char *group, const char *key, const char *text);
void hth_settings_override_list(HthSettings *self, const char *group, const char *key,
                                const char *const *values);

/* New values; the default where nothing is set. Keys must be in the table. */
char *hth_settings_string(const HthSettings *self, const char *group, const char *key);
gboolean hth_settings_boolean(const HthSettings *self, const char *group, const char *key);
gint64 hth_settings_integer(const HthSettings *self, const char *group, const char *key);
char **hth_settings_list(const HthSettings *self, const char *group, const char *key);

/* Where a value comes from: "default", "command line", or a file's path. Borrowed. */
const char *hth_settings_source(const HthSettings *self, const char *group, const char *key);

/* Whether a restart would change what is in force: the key is not live, and its value is another
 * than it was when these settings were loaded. */
gboolean hth_settings_awaits_restart(const HthSettings *self, const char *group, const char *key);

/* What was wrong in the files: (element utf8) sentences; a new reference. Any thread. */
GPtrArray *hth_settings_warnings(HthSettings *self);

/* Writes the value into the set file, mode 0600, by rename; NULL removes it from there.
 * Errors: HTH_ERROR_INVALID, HTH_ERROR_NOT_FOUND (the message names the nearest key),
 *         HTH_ERROR_REFUSED (the command line decides it), G_FILE_ERROR_* */
gboolean hth_settings_set(HthSettings *self, const char *group, const char *key, const char *text,
                          GError **error);
gboolean hth_settings_set_list(HthSettings *self, const char *group, const char *key,
                               const char *const *values, GError **error);

G_END_DECLS
