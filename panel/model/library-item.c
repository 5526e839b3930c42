/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/library-item.h"

#include <string.h>

#include "api/member.h"

struct _HthLibraryItem {
    GObject parent;
    JsonObject *json;
};

G_DEFINE_FINAL_TYPE(HthLibraryItem, hth_library_item, G_TYPE_OBJECT)

enum { PROP_JSON = 1 };

void hth_library_item_set_json(HthLibraryItem *self, JsonObject *json)
{
    if (self->json == json)
        return;
    g_clear_pointer(&self->json, json_object_unref);
    self->json = json != NULL ? json_object_ref(json) : NULL;
    g_object_notify(G_OBJECT(self), "json");
}

JsonObject *hth_library_item_json(HthLibraryItem *self)
{
    return self->json;
}

const char *hth_library_item_id(HthLibraryItem *self)
{
    return hth_member_text(self->json, "id");
}

const char *hth_library_item_kind(HthLibraryItem *self)
{
    return hth_member_text(self->json, "kind");
}

const char *hth_library_item_title(HthLibraryItem *self)
{
    return hth_member_text(self->json, "title");
}

gboolean hth_library_item_is_container(HthLibraryItem *self)
{
    return hth_member_exists(self->json, "child_count");
}

char *hth_library_item_artists(HthLibraryItem *self)
{
    char *artists = hth_library_item_is_container(self)
                        ? hth_member_joined(self->json, "album_artists", ", ")
                        : NULL;
    if (artists == NULL)
        artists = hth_member_joined(self->json, "artists", ", ");
    return artists != NULL ? artists : g_strdup("");
}

char *hth_library_item_picture(HthLibraryItem *self, guint pixels)
{
    const char *photo = hth_member_text(self->json, "picture_url");
    const char *artwork = *photo != '\0' ? photo : hth_member_text(self->json, "artwork_url");
    const char *slash = strrchr(artwork, '/');
    if (slash == NULL || *artwork != '/')
        return NULL;
    const gsize length = (gsize)(slash - artwork);
    return g_strdup_printf("%.*s/%s%u.jpg", (int)length, artwork, *photo != '\0' ? "jpeg-" : "",
                           pixels);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    g_value_set_boxed(value, HTH_LIBRARY_ITEM(object)->json);
}

static void hth_library_item_init(HthLibraryItem *self)
{
}

static void hth_library_item_finalize(GObject *object)
{
    g_clear_pointer(&HTH_LIBRARY_ITEM(object)->json, json_object_unref);
    G_OBJECT_CLASS(hth_library_item_parent_class)->finalize(object);
}

static void hth_library_item_class_init(HthLibraryItemClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_library_item_finalize;
    G_OBJECT_CLASS(class)->get_property = get_property;
    g_object_class_install_property(G_OBJECT_CLASS(class), PROP_JSON,
                                    g_param_spec_boxed("json", NULL, NULL, JSON_TYPE_OBJECT,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

HthLibraryItem *hth_library_item_new(JsonObject *json)
{
    HthLibraryItem *self = g_object_new(HTH_TYPE_LIBRARY_ITEM, NULL);
    self->json = json != NULL ? json_object_ref(json) : NULL;
    return self;
}
