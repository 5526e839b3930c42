/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

const char *hth_text_member(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, NULL);
}

gint64 hth_number_member(JsonObject *object, const char *name)
{
    return json_object_get_int_member_with_default(object, name, 0);
}

char *hth_page_query(const HthPageOptions *options)
{
    GString *query = g_string_new(NULL);
    g_string_append_printf(query, "start=%d&count=%d", options->start, options->count);
    if (options->sort != NULL) {
        g_autofree char *sort = hth_client_escape(options->sort);
        g_string_append_printf(query, "&sort=%s", sort);
    }
    return g_string_free(query, FALSE);
}

char *hth_joined(JsonObject *object, const char *name)
{
    GString *text = g_string_new(NULL);
    if (json_object_has_member(object, name)) {
        JsonArray *array = json_object_get_array_member(object, name);
        for (guint i = 0; i < json_array_get_length(array); i++)
            g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                                   json_array_get_string_element(array, i));
    }
    return g_string_free(text, FALSE);
}

char *hth_artists(JsonObject *object)
{
    return hth_joined(object, "artists");
}

/* What is most telling beside the title: length, size in pixels, number of children. */
static char *extent(JsonObject *object)
{
    if (json_object_has_member(object, "child_count"))
        return hth_print_count(hth_number_member(object, "child_count"), "object", "objects");
    const gint64 duration_ms = hth_number_member(object, "duration_ms");
    if (duration_ms > 0)
        return hth_print_duration(duration_ms);
    const gint64 width = hth_number_member(object, "width");
    if (width > 0)
        return g_strdup_printf("%d×%d", (int)width, (int)hth_number_member(object, "height"));
    return g_strdup("");
}

void hth_page_print(JsonObject *page)
{
    JsonArray *objects = json_object_get_array_member(page, "objects");
    const guint n = json_array_get_length(objects);
    const gint64 total = hth_number_member(page, "total");
    g_autoptr(HthTable) table = hth_table_new(5);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    hth_table_style(table, 1, HTH_STYLE_DIM);
    hth_table_align_right(table, 3);
    for (guint i = 0; i < n; i++) {
        JsonObject *object = json_array_get_object_element(objects, i);
        g_autofree char *size = extent(object);
        g_autofree char *artists = hth_artists(object);
        hth_table_add(table, hth_text_member(object, "id"), hth_text_member(object, "kind"),
                      hth_text_member(object, "title"), size, artists);
    }
    hth_table_print(table);
    if (n == total)
        return;
    g_autofree char *shown = hth_print_number(n);
    g_autofree char *all = hth_print_number(total);
    g_print("%s of %s; more with --start and --count\n", shown, all);
}
