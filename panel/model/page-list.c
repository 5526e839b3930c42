/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/page-list.h"

#include <string.h>

#include "api/member.h"

struct _HthPageList {
    GObject parent;
    HthApiClient *client;
    GCancellable *cancellable; /* of all that is asked for the present path */
    char *path;
    guint n_items;
    gboolean is_loaded;
    GHashTable *pages; /* number → Page */
    GQueue order;      /* (element Page), the last looked at first */
};

typedef struct {
    guint number;
    gboolean is_asked; /* its answer is under way */
    gboolean is_stale; /* ask again when looked at, or when the answer has come */
    HthLibraryItem *items[HTH_PAGE_LIST_ITEMS];
} Page;

/* What an answer is for. */
typedef struct {
    HthPageList *list;
    guint number;
} Asked;

enum { LOADED, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS]; /* set once, by class_init */

static void list_model_init(GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(HthPageList, hth_page_list, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

static void page_free(gpointer data)
{
    Page *page = data;
    for (guint i = 0; i < HTH_PAGE_LIST_ITEMS; i++)
        g_clear_object(&page->items[i]);
    g_free(page);
}

static void drop_pages(HthPageList *self)
{
    g_queue_clear(&self->order);
    g_hash_table_remove_all(self->pages);
}

/* ---- Answers ---- */

static void fill(HthPageList *self, Page *page, JsonObject *answer)
{
    const guint n = MIN(hth_member_length(answer, "objects"), HTH_PAGE_LIST_ITEMS);
    for (guint i = 0; i < HTH_PAGE_LIST_ITEMS; i++) {
        JsonObject *json = i < n ? hth_member_at(answer, "objects", i) : NULL;
        if (page->items[i] != NULL)
            hth_library_item_set_json(page->items[i], json);
        else if (json != NULL)
            page->items[i] = hth_library_item_new(json);
    }
}

static void set_total(HthPageList *self, gint64 total)
{
    const guint n_old = self->n_items;
    self->n_items = (guint)CLAMP(total, 0, G_MAXINT32);
    if (self->n_items > n_old)
        g_list_model_items_changed(G_LIST_MODEL(self), n_old, 0, self->n_items - n_old);
    else if (self->n_items < n_old)
        g_list_model_items_changed(G_LIST_MODEL(self), self->n_items, n_old - self->n_items, 0);
}

static void ask(HthPageList *self, Page *page);

static void on_page(GObject *source, GAsyncResult *result, gpointer data)
{
    Asked *asked = data;
    g_autoptr(HthPageList) self = asked->list;
    const guint number = asked->number;
    g_free(asked);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Page *page = g_hash_table_lookup(self->pages, GUINT_TO_POINTER(number));
    if (page != NULL)
        page->is_asked = FALSE;
    if (answer == NULL) {
        if (page != NULL)
            page->is_stale = TRUE;
        g_signal_emit(self, signals[FAILED], 0, error);
        return;
    }
    if (page != NULL)
        fill(self, page, answer);
    set_total(self, hth_member_number(answer, "total"));
    self->is_loaded = TRUE;
    g_signal_emit(self, signals[LOADED], 0);
    page = g_hash_table_lookup(self->pages, GUINT_TO_POINTER(number));
    if (page != NULL && page->is_stale)
        ask(self, page);
}

static void ask(HthPageList *self, Page *page)
{
    page->is_stale = FALSE;
    if (page->is_asked) {
        page->is_stale = TRUE;
        return;
    }
    page->is_asked = TRUE;
    Asked *asked = g_new(Asked, 1);
    *asked = (Asked){ .list = g_object_ref(self), .number = page->number };
    g_autofree char *path = g_strdup_printf(
        "%s%cstart=%u&count=%u", self->path, strchr(self->path, '?') != NULL ? '&' : '?',
        page->number * HTH_PAGE_LIST_ITEMS, HTH_PAGE_LIST_ITEMS);
    hth_api_client_call(self->client, "GET", path, NULL, self->cancellable, on_page, asked);
}

/* ---- Pages ---- */

static void forget_oldest(HthPageList *self)
{
    while (g_queue_get_length(&self->order) > HTH_PAGE_LIST_PAGES) {
        Page *oldest = g_queue_pop_tail(&self->order);
        g_hash_table_remove(self->pages, GUINT_TO_POINTER(oldest->number));
    }
}

static Page *page_of(HthPageList *self, guint number)
{
    Page *page = g_hash_table_lookup(self->pages, GUINT_TO_POINTER(number));
    if (page == NULL) {
        page = g_new0(Page, 1);
        page->number = number;
        page->is_stale = TRUE;
        g_hash_table_insert(self->pages, GUINT_TO_POINTER(number), page);
    } else {
        g_queue_remove(&self->order, page);
    }
    g_queue_push_head(&self->order, page);
    forget_oldest(self);
    if (page->is_stale && !page->is_asked)
        ask(self, page);
    return page;
}

static GType get_item_type(GListModel *model)
{
    return HTH_TYPE_LIBRARY_ITEM;
}

static guint get_n_items(GListModel *model)
{
    return HTH_PAGE_LIST(model)->n_items;
}

static gpointer get_item(GListModel *model, guint position)
{
    HthPageList *self = HTH_PAGE_LIST(model);
    if (position >= self->n_items)
        return NULL;
    Page *page = page_of(self, position / HTH_PAGE_LIST_ITEMS);
    HthLibraryItem **item = &page->items[position % HTH_PAGE_LIST_ITEMS];
    if (*item == NULL)
        *item = hth_library_item_new(NULL);
    return g_object_ref(*item);
}

static void list_model_init(GListModelInterface *interface)
{
    interface->get_item_type = get_item_type;
    interface->get_n_items = get_n_items;
    interface->get_item = get_item;
}

/* ---- What is listed ---- */

void hth_page_list_set_path(HthPageList *self, const char *path)
{
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    g_free(self->path);
    self->path = g_strdup(path);
    self->is_loaded = FALSE;
    drop_pages(self);
    set_total(self, 0);
    if (path != NULL)
        (void)page_of(self, 0);
}

const char *hth_page_list_path(HthPageList *self)
{
    return self->path;
}

void hth_page_list_refresh(HthPageList *self)
{
    if (self->path == NULL)
        return;
    for (GList *each = self->order.head; each != NULL; each = each->next)
        ((Page *)each->data)->is_stale = TRUE;
    /* Those last looked at are what is on the screen; the rest follows when it is looked at. */
    for (guint i = 0; i < MIN(g_queue_get_length(&self->order), 3); i++)
        ask(self, g_queue_peek_nth(&self->order, i));
    if (g_queue_is_empty(&self->order))
        (void)page_of(self, 0);
}

gboolean hth_page_list_is_loaded(HthPageList *self)
{
    return self->is_loaded;
}

guint hth_page_list_n_pages(HthPageList *self)
{
    return g_queue_get_length(&self->order);
}

/* ---- Object ---- */

static void hth_page_list_init(HthPageList *self)
{
    self->cancellable = g_cancellable_new();
    self->pages = g_hash_table_new_full(NULL, NULL, NULL, page_free);
    g_queue_init(&self->order);
}

static void hth_page_list_finalize(GObject *object)
{
    HthPageList *self = HTH_PAGE_LIST(object);
    drop_pages(self);
    g_hash_table_unref(self->pages);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->client);
    g_free(self->path);
    G_OBJECT_CLASS(hth_page_list_parent_class)->finalize(object);
}

static void hth_page_list_class_init(HthPageListClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_page_list_finalize;
    signals[LOADED] = g_signal_new("loaded", HTH_TYPE_PAGE_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", HTH_TYPE_PAGE_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

HthPageList *hth_page_list_new(HthApiClient *client)
{
    HthPageList *self = g_object_new(HTH_TYPE_PAGE_LIST, NULL);
    self->client = g_object_ref(client);
    return self;
}
