/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/device-media-path.h"

#include <string.h>

#include "base/text.h"

#define PATH_MAX_BYTES      200
#define EXTENSION_MAX_BYTES 8
#define PROFILE_MAX_BYTES   64

static gboolean is_word(const char *text, gsize size, gsize max, gboolean has_hyphens)
{
    if (size == 0 || size > max)
        return FALSE;
    for (gsize i = 0; i < size; i++) {
        if (!g_ascii_isalnum(text[i]) && !(has_hyphens && text[i] == '-'))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_device_media_parse(const char *path, char **out_item, char **out_profile)
{
    guint64 id;
    if (!g_str_has_prefix(path, "/m/") || strlen(path) > PATH_MAX_BYTES)
        return FALSE;
    const char *item = path + strlen("/m/");
    const char *dot = strrchr(item, '.');
    if (dot == NULL || !is_word(dot + 1, strlen(dot + 1), EXTENSION_MAX_BYTES, FALSE))
        return FALSE;
    const char *slash = strchr(item, '/');
    g_autofree char *text = g_strndup(item, (gsize)((slash != NULL ? slash : dot) - item));
    if (!hth_text_id_decode(text, &id) ||
        (slash != NULL && !is_word(slash + 1, (gsize)(dot - slash - 1), PROFILE_MAX_BYTES, TRUE)))
        return FALSE;
    *out_item = g_steal_pointer(&text);
    *out_profile = slash != NULL ? g_strndup(slash + 1, (gsize)(dot - slash - 1)) : NULL;
    return TRUE;
}
