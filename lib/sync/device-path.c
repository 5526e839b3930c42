/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/device-path.h"

#include <string.h>

#include "base/error.h"
#include "sync/message.h"

static gboolean refuse(GError **error, const char *why)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "the path %s", why);
    return FALSE;
}

static gsize utf16_units(const char *text)
{
    gsize units = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
        units += g_utf8_get_char(at) > 0xffff ? 2 : 1;
    return units;
}

/* Names that DOS and Windows keep for devices, whatever extension follows. */
static gboolean is_reserved(const char *name)
{
    static const char *const plain[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
    const gsize stem = strcspn(name, ".");
    g_autofree char *folded = g_ascii_strdown(name, (gssize)stem);
    g_strchomp(folded); /* "CON .txt" is the console too */
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        if (strcmp(folded, plain[i]) == 0)
            return TRUE;
    if (!g_str_has_prefix(folded, "com") && !g_str_has_prefix(folded, "lpt"))
        return FALSE;
    const char *digit = folded + 3;
    return (g_ascii_isdigit(digit[0]) && digit[1] == '\0') || strcmp(digit, "\302\271") == 0 ||
           strcmp(digit, "\302\262") == 0 || strcmp(digit, "\302\263") == 0;
}

static gboolean check_characters(const char *path, GError **error)
{
    for (const char *at = path; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return refuse(error, "holds a control character");
        if (c < 0x80 && strchr("<>:\"|?*\\", (int)c) != NULL)
            return refuse(error, "holds a character that FAT does not have");
        if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
            return refuse(error, "holds a character that is none");
    }
    return TRUE;
}

static gboolean check_name(const char *name, GError **error)
{
    const gsize length = strlen(name);
    if (length == 0)
        return refuse(error, "is absolute or has an empty name");
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return refuse(error, "leads somewhere else");
    if (name[length - 1] == '.' || name[length - 1] == ' ' || name[0] == ' ')
        return refuse(error, "has a name that ends in a dot, or begins or ends with a space");
    if (length > HTH_DEVICE_NAME_MAX_UNITS || utf16_units(name) > HTH_DEVICE_NAME_MAX_UNITS)
        return refuse(error, "has a name that is too long");
    if (is_reserved(name))
        return refuse(error, "has a name that Windows keeps for a device");
    g_autofree char *folded = hth_device_path_fold(name);
    if (strcmp(folded, HTH_DEVICE_OWN_DIR) == 0 || strcmp(folded, ".nomedia") == 0)
        return refuse(error, "is the agent's own");
    return TRUE;
}

gboolean hth_device_path_check(const char *path, GError **error)
{
    const gsize length = strlen(path);
    if (length == 0 || length > HTH_SYNC_PATH_MAX_BYTES)
        return refuse(error, "is empty or too long");
    if (!g_utf8_validate(path, (gssize)length, NULL))
        return refuse(error, "is not UTF-8");
    if (utf16_units(path) > HTH_DEVICE_PATH_MAX_UNITS)
        return refuse(error, "is too long");
    if (!check_characters(path, error))
        return FALSE;
    g_autofree char *composed = g_utf8_normalize(path, -1, G_NORMALIZE_NFC);
    if (strcmp(composed, path) != 0)
        return refuse(error, "is not in its composed form");
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    if (g_strv_length(names) > HTH_DEVICE_PATH_MAX_DEPTH)
        return refuse(error, "is too deep");
    for (guint i = 0; names[i] != NULL; i++)
        if (!check_name(names[i], error))
            return FALSE;
    return TRUE;
}

char *hth_device_path_fold(const char *path)
{
    g_autofree char *folded = g_utf8_casefold(path, -1);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
}

char *hth_device_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? g_strndup(path, (gsize)(slash - path)) : g_strdup("");
}
