/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/play-merge.h"

#include <string.h>

/* More than 100 years; who says more has a wrong clock or none. */
#define MAX_POSITION_MS (G_GINT64_CONSTANT(100) * 366 * 24 * 3600 * 1000)
#define MAX_COUNT       1000000

gboolean hth_play_is_sane(const HthSyncPlay *entry)
{
    if (entry->stamp == 0)
        return FALSE;
    switch (entry->kind) {
    case HTH_SYNC_PLAY_COUNT:
    case HTH_SYNC_PLAY_SKIP:
        return entry->item != 0 && entry->value > 0 && entry->value <= MAX_COUNT;
    case HTH_SYNC_PLAY_POSITION:
        return entry->item != 0 && entry->value >= 0 && entry->value <= MAX_POSITION_MS;
    case HTH_SYNC_PLAY_RATING:
        return entry->item != 0 && entry->value >= 0 && entry->value <= 100;
    case HTH_SYNC_PLAY_FAVOURITE:
        return entry->item != 0 && (entry->value == 0 || entry->value == 1);
    case HTH_SYNC_LIST_MADE:
    case HTH_SYNC_LIST_RENAMED:
        return entry->list != 0 && entry->text != NULL && entry->text[0] != '\0';
    case HTH_SYNC_LIST_REMOVED:
        return entry->list != 0;
    case HTH_SYNC_LIST_ADDED:
    case HTH_SYNC_LIST_TAKEN:
        return entry->list != 0 && entry->item != 0;
    default:
        return FALSE;
    }
}

static gboolean is_later(const HthPlayValue *value, const HthSyncPlay *entry)
{
    if (entry->stamp != value->stamp)
        return entry->stamp > value->stamp;
    if (entry->nonce != value->nonce)
        return entry->nonce > value->nonce;
    return entry->value > value->value;
}

static gboolean set_value(HthPlayValue *value, const HthSyncPlay *entry)
{
    if (!is_later(value, entry))
        return FALSE;
    *value = (HthPlayValue){ entry->stamp, entry->nonce, entry->value };
    return TRUE;
}

gboolean hth_play_merge(HthPlayMerged *self, const HthSyncPlay *entry)
{
    switch (entry->kind) {
    case HTH_SYNC_PLAY_COUNT:
        self->plays += (guint64)entry->value;
        self->last_played_ms = MAX(self->last_played_ms, hth_hlc_ms(entry->stamp));
        return TRUE;
    case HTH_SYNC_PLAY_SKIP:
        self->skips += (guint64)entry->value;
        return TRUE;
    case HTH_SYNC_PLAY_POSITION:
        return set_value(&self->position, entry);
    case HTH_SYNC_PLAY_RATING:
        return set_value(&self->rating, entry);
    case HTH_SYNC_PLAY_FAVOURITE:
        return set_value(&self->favourite, entry);
    default:
        return FALSE;
    }
}

/* ---- Playlists ---- */

/* The last word about one item of a list. */
typedef struct {
    guint64 item;
    guint64 after;
    guint64 stamp;
    guint32 nonce;
    gboolean is_there;
} Element;

struct HthListMerged {
    HthPlayValue existence; /* value: 1 or 0 */
    HthPlayValue naming;
    char *name;
    GArray *elements; /* (element Element) */
};

HthListMerged *hth_list_merged_new(void)
{
    HthListMerged *self = g_new0(HthListMerged, 1);
    self->elements = g_array_new(FALSE, FALSE, sizeof(Element));
    return self;
}

void hth_list_merged_free(HthListMerged *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_array_unref(self->elements);
    g_free(self);
}

static void set_existence(HthListMerged *self, const HthSyncPlay *entry, gint64 exists)
{
    HthSyncPlay said = *entry;
    said.value = exists;
    set_value(&self->existence, &said);
}

/* Equal stamps and nonces: the name that sorts last. */
static void set_name(HthListMerged *self, const HthSyncPlay *entry)
{
    HthSyncPlay said = *entry;
    said.value = 0;
    const gboolean is_equal =
        self->naming.stamp == entry->stamp && self->naming.nonce == entry->nonce;
    if (!set_value(&self->naming, &said) && !(is_equal && g_strcmp0(entry->text, self->name) > 0))
        return;
    g_free(self->name);
    self->name = g_strdup(entry->text);
}

static gboolean element_is_later(const Element *element, const HthSyncPlay *entry,
                                 gboolean is_there)
{
    if (entry->stamp != element->stamp)
        return entry->stamp > element->stamp;
    if (entry->nonce != element->nonce)
        return entry->nonce > element->nonce;
    if (is_there != element->is_there)
        return is_there;
    return (guint64)entry->value > element->after;
}

static void set_element(HthListMerged *self, const HthSyncPlay *entry, gboolean is_there)
{
    const Element said = { entry->item, (guint64)entry->value, entry->stamp, entry->nonce,
                           is_there };
    for (guint i = 0; i < self->elements->len; i++) {
        Element *element = &g_array_index(self->elements, Element, i);
        if (element->item != entry->item)
            continue;
        if (element_is_later(element, entry, is_there))
            *element = said;
        return;
    }
    g_array_append_val(self->elements, said);
}

void hth_list_merge(HthListMerged *self, const HthSyncPlay *entry)
{
    switch (entry->kind) {
    case HTH_SYNC_LIST_MADE:
        set_existence(self, entry, 1);
        set_name(self, entry);
        break;
    case HTH_SYNC_LIST_RENAMED:
        set_name(self, entry);
        break;
    case HTH_SYNC_LIST_REMOVED:
        set_existence(self, entry, 0);
        break;
    case HTH_SYNC_LIST_ADDED:
        set_element(self, entry, TRUE);
        break;
    case HTH_SYNC_LIST_TAKEN:
        set_element(self, entry, FALSE);
        break;
    default:
        break;
    }
}

const char *hth_list_merged_name(const HthListMerged *self)
{
    return self->name;
}

gboolean hth_list_merged_exists(const HthListMerged *self)
{
    return self->existence.stamp != 0 && self->existence.value == 1;
}

static gint compare_elements(gconstpointer a, gconstpointer b)
{
    const Element *left = a;
    const Element *right = b;
    if (left->stamp != right->stamp)
        return left->stamp < right->stamp ? -1 : 1;
    if (left->nonce != right->nonce)
        return left->nonce < right->nonce ? -1 : 1;
    return left->item < right->item ? -1 : left->item > right->item;
}

static guint place_after(const GArray *items, guint64 after)
{
    for (guint i = 0; i < items->len && after != 0; i++)
        if (g_array_index(items, guint64, i) == after)
            return i + 1;
    return items->len;
}

GArray *hth_list_merged_items(const HthListMerged *self)
{
    g_autoptr(GArray) sorted = g_array_copy(self->elements);
    GArray *items = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_array_sort(sorted, compare_elements);
    for (guint i = 0; i < sorted->len; i++) {
        const Element *element = &g_array_index(sorted, Element, i);
        if (element->is_there)
            g_array_insert_val(items, place_after(items, element->after), element->item);
    }
    return items;
}
