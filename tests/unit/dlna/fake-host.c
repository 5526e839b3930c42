/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/library.h and plugin/host.h, as the fake home keeps them. */
#include <string.h>

#include "base/error.h"
#include "fake-home-private.h"

/* ---- plugin/library.h ---- */

HthReader *hth_library_acquire_reader(HthLibrary *self)
{
    /* The library is the first field of the host, and the reader stands in it too. */
    return &((HthHost *)self)->reader;
}

void hth_reader_release(HthReader *self)
{
}

typedef struct {
    HthListing listing;
    gint n_users;
    char *container_id;
    GArray *refs;
} KeptListing;

static HthListing *new_listing(const char *container_id, GArray *refs, gboolean is_canonical,
                               guint32 update_id)
{
    KeptListing *kept = g_new0(KeptListing, 1);
    kept->n_users = 1;
    kept->container_id = g_strdup(container_id);
    kept->refs = refs;
    kept->listing = (HthListing){
        .n_refs = refs->len,
        .refs = (const HthObjectRef *)(gpointer)refs->data,
        .update_id = update_id,
        .is_canonical = is_canonical,
        .container_id = kept->container_id,
    };
    return &kept->listing;
}

HthListing *hth_listing_ref(HthListing *self)
{
    ((KeptListing *)self)->n_users++;
    return self;
}

void hth_listing_unref(HthListing *self)
{
    KeptListing *kept = (KeptListing *)self;
    if (self == NULL || --kept->n_users > 0)
        return;
    g_free(kept->container_id);
    g_array_unref(kept->refs);
    g_free(kept);
}

/* This home sorts by title alone, and has no rating to sort by. */
static gint by_title(gconstpointer a, gconstpointer b, gpointer data)
{
    const HthLibrary *library = data;
    const HthObject *left = g_ptr_array_index(library->objects, *(const HthObjectRef *)a - 1);
    const HthObject *right = g_ptr_array_index(library->objects, *(const HthObjectRef *)b - 1);
    return strcmp(left->title, right->title);
}

static gboolean sort_refs(HthLibrary *library, GArray *refs, const HthSort *sort, GError **error)
{
    for (guint i = 0; i < sort->n_keys; i++) {
        if (sort->keys[i].property == HTH_PROPERTY_RATING) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "no such order");
            return FALSE;
        }
    }
    if (sort->n_keys > 0)
        g_array_sort_with_data(refs, by_title, library);
    if (sort->n_keys > 0 && sort->keys[0].is_descending) {
        for (guint i = 0; i < refs->len / 2; i++) {
            HthObjectRef *data = (HthObjectRef *)(gpointer)refs->data;
            const HthObjectRef swapped = data[i];
            data[i] = data[refs->len - 1 - i];
            data[refs->len - 1 - i] = swapped;
        }
    }
    return TRUE;
}

HthListing *hth_reader_children(HthReader *self, const char *container_id, const HthSort *sort,
                                GError **error)
{
    HthLibrary *library = &self->home->host.library;
    const HthObject *object = fake_home_object(self->home, container_id);
    if (object == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    if (!hth_object_is_container(object)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER, "an item");
        return NULL;
    }
    const FakeChildren *children = fake_children_of(library, container_id);
    g_autoptr(GArray) refs = g_array_copy(children->refs);
    if (!sort_refs(library, refs, sort, error))
        return NULL;
    const gboolean is_reference =
        refs->len > 0 && g_array_index(children->is_reference, gboolean, 0);
    const guint32 update_id =
        strcmp(container_id, "0") == 0 ? library->system_update_id : children->update_id;
    return new_listing(container_id, g_steal_pointer(&refs), !is_reference, update_id);
}

/* Understands classes and titles: enough to see that a search arrives. */
static gboolean matches(const HthObject *object, const HthQuery *query)
{
    switch (query->kind) {
    case HTH_QUERY_ALL:
        return TRUE;
    case HTH_QUERY_AND:
        return matches(object, query->left) && matches(object, query->right);
    case HTH_QUERY_OR:
        return matches(object, query->left) || matches(object, query->right);
    case HTH_QUERY_DERIVED_FROM:
        return g_str_has_prefix(hth_object_class_name(object->class), query->value);
    case HTH_QUERY_CONTAINS:
        return strstr(object->title, query->value) != NULL;
    case HTH_QUERY_EXISTS:
        return strcmp(query->value, "false") == 0;
    default:
        return FALSE;
    }
}

HthListing *hth_reader_search(HthReader *self, const char *container_id, const HthQuery *query,
                              const HthSort *sort, GError **error)
{
    HthLibrary *library = &self->home->host.library;
    if (fake_home_object(self->home, container_id) == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    for (guint i = 1; i < library->objects->len; i++) {
        const HthObject *object = g_ptr_array_index(library->objects, i);
        const HthObjectRef ref = i + 1;
        if (object != NULL && matches(object, query))
            g_array_append_val(refs, ref);
    }
    if (!sort_refs(library, refs, sort, error))
        return NULL;
    return new_listing(container_id, g_steal_pointer(&refs), TRUE, library->system_update_id);
}

HthObject *hth_reader_object(HthReader *self, const char *object_id, char **out_parent_id,
                             GError **error)
{
    g_autofree char *leaf = g_strndup(object_id, strcspn(object_id, "."));
    const HthObject *object = fake_home_object(self->home, leaf);
    if (object == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    const char *dot = strchr(object_id, '.');
    *out_parent_id = g_strdup(dot != NULL ? dot + 1 : object->parent_id);
    return hth_object_copy(object);
}

HthObject *hth_reader_object_by_ref(HthReader *self, HthObjectRef ref)
{
    FakeHome *home = self->home;
    home->host.library.n_loads++;
    const HthObject *object = g_ptr_array_index(home->host.library.objects, ref - 1);
    HthObject *copy = object != NULL ? hth_object_copy(object) : NULL;
    void (*interrupt)(FakeHome *) = home->host.interrupt;
    home->host.interrupt = NULL;
    if (interrupt != NULL)
        interrupt(home);
    return copy;
}

guint64 hth_library_sequence(HthLibrary *self)
{
    return self->sequence;
}

guint32 hth_library_system_update_id(HthLibrary *self)
{
    return self->system_update_id;
}

guint hth_library_add_watch(HthLibrary *self, HthLibraryChanged callback, gpointer data)
{
    self->watch = callback;
    self->watch_data = data;
    return 1;
}

void hth_library_remove_watch(HthLibrary *self, guint id)
{
    self->watch = NULL;
}

/* ---- plugin/host.h ---- */

const char *hth_host_friendly_name(HthHost *self)
{
    return "Our <home>";
}

const char *hth_host_uuid(HthHost *self)
{
    return "11111111-2222-3333-4444-555555555555";
}

const char *hth_host_version(HthHost *self)
{
    return "0.1.0";
}

HthLibrary *hth_host_library(HthHost *self)
{
    return &self->library;
}

char *hth_host_data_path(HthHost *self, const char *name)
{
    return g_build_filename(g_getenv("HEARTH_SOURCE"), "data", name, NULL);
}

void hth_host_add_lan_routes(HthHost *self, const HthHttpRoute *routes, guint n_routes,
                             gpointer data)
{
    self->routes = routes;
    self->n_routes = n_routes;
    self->route_data = data;
}

void hth_host_add_media_hook(HthHost *self, HthMediaHook hook, gpointer data)
{
    self->hook = hook;
    self->hook_data = data;
}

HthDevicePolicy hth_host_device_policy(HthHost *self, GInetAddress *peer)
{
    return self->policy;
}

void hth_host_device_seen(HthHost *self, GInetAddress *peer, const char *name, const char *model,
                          const char *client, const char *user_agent)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_client);
    self->last_client = g_strdup(client);
    g_free(self->last_name);
    self->last_name = g_strdup(name);
    g_mutex_unlock(&self->lock);
}

void hth_host_add_idle(HthHost *self, HthHostCall call, gpointer data)
{
}

void hth_host_device_note(HthHost *self, GInetAddress *peer, const char *asked, const char *got)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_note);
    self->last_note = g_strdup_printf("%s → %s", asked, got);
    g_mutex_unlock(&self->lock);
}

void hth_host_set_position(HthHost *self, const char *item_id, gint64 position_ms)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_position);
    self->last_position = g_strdup_printf("%s %" G_GINT64_FORMAT, item_id, position_ms);
    g_mutex_unlock(&self->lock);
}

void hth_host_add_play(HthHost *self, const char *item_id)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_play);
    self->last_play = g_strdup(item_id);
    g_mutex_unlock(&self->lock);
}
