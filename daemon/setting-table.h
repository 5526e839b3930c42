/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every key of the configuration, with its type, default, unit and meaning: one table, from which
 * come validation, `hearth config` and the check of data/hearth.conf. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    HTH_SETTING_STRING,
    HTH_SETTING_BOOLEAN,
    HTH_SETTING_INTEGER,
    HTH_SETTING_LIST, /* separated by semicolons */
    HTH_N_SETTING_TYPES,
} HthSettingType;

typedef struct {
    const char *group;
    const char *key;
    HthSettingType type;
    const char *default_text; /* as it would stand in the file */
    const char *unit;         /* NULL: none */
    gint64 minimum, maximum;  /* integers */
    gboolean is_live;         /* a change takes effect without a restart */
    const char *meaning;      /* a sentence or two */
} HthSetting;

const HthSetting *hth_setting_table(guint *out_n_settings);

/* NULL: there is no such key. */
const HthSetting *hth_setting_find(const char *group, const char *key);

/* "dlna.new-devices-wait" for "dlna.new-device-wait": the nearest of the table's names, or NULL
 * when none is near. Static. */
const HthSetting *hth_setting_nearest(const char *group, const char *key);

const char *hth_setting_type_name(HthSettingType type);

/* Whether @text is a value that @setting may have.
 * Errors: HTH_ERROR_INVALID with a sentence that says what it takes. */
gboolean hth_setting_check(const HthSetting *setting, const char *text, GError **error);

G_END_DECLS
