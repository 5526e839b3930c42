/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shared folders: list, add, remove, move. A change takes effect at once and is written to the
 * settings; where the command line named the folders it lasts until hearthd stops. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "roots.h"

static const HthRootStatus *find_status(const GPtrArray *statuses, const char *path)
{
    for (guint i = 0; i < statuses->len; i++) {
        const HthRootStatus *status = statuses->pdata[i];
        if (strcmp(status->path, path) == 0)
            return status;
    }
    return NULL;
}

/* A folder that was added a moment ago is there, and nothing is known of it yet. */
JsonArray *hth_api_root_array(HthParts *parts)
{
    g_autoptr(GPtrArray) statuses = hth_library_roots(parts->library);
    JsonArray *array = json_array_new();
    for (char **root = parts->roots; *root != NULL; root++) {
        const HthRootStatus *status = find_status(statuses, *root);
        g_autofree char *shown = g_utf8_make_valid(*root, -1);
        JsonObject *each = json_object_new();
        json_object_set_string_member(each, "path", shown);
        json_object_set_boolean_member(each, "is_available",
                                       status == NULL || status->is_available);
        json_object_set_int_member(each, "n_items", status != NULL ? status->n_items : 0);
        json_object_set_int_member(each, "size_bytes",
                                   status != NULL ? (gint64)status->size_bytes : 0);
        hth_json_set_text(each, "watch", status != NULL ? status->watch : NULL);
        hth_json_set_text(each, "problem", status != NULL ? status->problem : NULL);
        json_array_add_object_element(array, each);
    }
    return array;
}

static JsonObject *list_roots(HthApiCall *call, GError **error)
{
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "roots", hth_api_root_array(call->parts));
    return answer;
}

/* Remembers the list, unless the command line decides it: then the answer says so. */
static JsonObject *remember(HthApiCall *call, const char *const *roots, GError **error)
{
    HthSettings *settings = call->parts->settings;
    const gboolean is_given =
        strcmp(hth_settings_source(settings, "hearth", "media"), "command line") == 0;
    if (!is_given && !hth_settings_set_list(settings, "hearth", "media", roots, error))
        return NULL;
    char **before = call->parts->roots;
    call->parts->roots = g_strdupv((char **)roots);
    g_strfreev(before);
    JsonObject *answer = list_roots(call, error);
    if (is_given)
        json_object_set_string_member(
            answer, "note", "hearthd was started with --media: this lasts until it stops.");
    return answer;
}

static JsonObject *apply(HthApiCall *call, const char *const *roots, GError **error)
{
    if (!hth_library_set_roots(call->parts->library, roots, error))
        return NULL;
    return remember(call, roots, error);
}

static JsonObject *add_root(HthApiCall *call, GError **error)
{
    char **roots = call->parts->roots;
    g_autofree char *path =
        hth_root_check(hth_api_text(call, "path"), (const char *const *)roots, error);
    if (path == NULL)
        return NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_addv(builder, (const char **)roots);
    g_strv_builder_add(builder, path);
    g_auto(GStrv) wanted = g_strv_builder_end(builder);
    return apply(call, (const char *const *)wanted, error);
}

/* Finds the root that @path names; NULL with an error that lists nothing private but to the owner.
 */
static char *find_root(char **roots, const char *path, GError **error)
{
    g_autofree char *full = g_canonicalize_filename(path, "/");
    if (g_strv_contains((const char *const *)roots, full))
        return g_steal_pointer(&full);
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                "%s is not shared; `hearth roots` lists the folders that are", full);
    return NULL;
}

static JsonObject *remove_root(HthApiCall *call, GError **error)
{
    char **roots = call->parts->roots;
    g_autofree char *path = find_root(roots, hth_api_text(call, "path"), error);
    if (path == NULL)
        return NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (char **root = roots; *root != NULL; root++) {
        if (strcmp(*root, path) != 0)
            g_strv_builder_add(builder, *root);
    }
    g_auto(GStrv) wanted = g_strv_builder_end(builder);
    return apply(call, (const char *const *)wanted, error);
}

static JsonObject *move_root(HthApiCall *call, GError **error)
{
    char **roots = call->parts->roots;
    g_autofree char *from = find_root(roots, hth_api_text(call, "from"), error);
    if (from == NULL)
        return NULL;
    g_autoptr(GStrvBuilder) others = g_strv_builder_new();
    for (char **root = roots; *root != NULL; root++) {
        if (strcmp(*root, from) != 0)
            g_strv_builder_add(others, *root);
    }
    g_auto(GStrv) rest = g_strv_builder_end(others);
    g_autofree char *to =
        hth_root_check(hth_api_text(call, "to"), (const char *const *)rest, error);
    if (to == NULL || !hth_library_move_root(call->parts->library, from, to, error))
        return NULL;
    g_auto(GStrv) now = g_strdupv(roots);
    for (char **root = now; *root != NULL; root++) {
        if (strcmp(*root, from) == 0) {
            g_free(*root);
            *root = g_strdup(to);
        }
    }
    return apply(call, (const char *const *)now, error);
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "roots", HTH_ROLE_OWNER, HTH_API_MAIN, list_roots, NULL },
    { HTH_HTTP_POST, "roots/add", HTH_ROLE_OWNER, HTH_API_MAIN, add_root, "path:s!" },
    { HTH_HTTP_POST, "roots/move", HTH_ROLE_OWNER, HTH_API_MAIN, move_root, "from:s! to:s!" },
    { HTH_HTTP_POST, "roots/remove", HTH_ROLE_OWNER, HTH_API_MAIN, remove_root, "path:s!" },
};

const HthApiRow *hth_api_root_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
