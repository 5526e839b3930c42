/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <string.h>

#define PAGE_OBJECTS 500

typedef struct {
    char *id;
    guint first; /* of the page to ask for */
} Page;

typedef struct {
    const HthControl *control;
    GQueue pages;      /* of Page */
    GHashTable *known; /* ids */
    GArray *tree;
    guint max_containers;
    GString *request;
    Page *page; /* under way */
    gboolean is_failed;
} Walk;

static void page_free(gpointer data)
{
    Page *page = data;
    g_free(page->id);
    g_free(page);
}

static void push_page(Walk *self, const char *id, guint first)
{
    Page *page = g_new(Page, 1);
    *page = (Page){ .id = g_strdup(id), .first = first };
    g_queue_push_tail(&self->pages, page);
}

static void clear_container(gpointer data)
{
    g_free(((HthTreeContainer *)data)->id);
}

static GArray *tree_new(void)
{
    GArray *tree = g_array_new(FALSE, FALSE, sizeof(HthTreeContainer));
    g_array_set_clear_func(tree, clear_container);
    return tree;
}

static gboolean next_page(gpointer data, guint connection, HthLoadRequest *out)
{
    Walk *self = data;
    g_clear_pointer(&self->page, page_free);
    self->page = self->is_failed || self->tree->len >= self->max_containers
                     ? NULL
                     : g_queue_pop_head(&self->pages);
    if (self->page == NULL)
        return FALSE;
    g_string_truncate(self->request, 0);
    hth_soap_browse(self->request, self->control, 0, self->page->id, self->page->first,
                    PAGE_OBJECTS);
    *out = (HthLoadRequest){ .bytes = self->request->str, .size = self->request->len };
    return TRUE;
}

static void clear_entry(gpointer data)
{
    g_free(((HthDidlEntry *)data)->id);
}

/* Returns: TRUE when the page held nothing but containers. */
static gboolean push_children(Walk *self, const GArray *entries)
{
    gboolean is_all = TRUE;
    for (guint i = 0; i < entries->len; i++) {
        const HthDidlEntry *entry = &g_array_index(entries, HthDidlEntry, i);
        is_all &= entry->is_container;
        if (entry->is_container && g_hash_table_add(self->known, g_strdup(entry->id)))
            push_page(self, entry->id, 0);
    }
    return is_all;
}

static gboolean read_page(gpointer data, guint tag, guint status, const char *body, gsize size)
{
    Walk *self = data;
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(HthDidlEntry));
    g_array_set_clear_func(entries, clear_entry);
    const gint64 n = status == 200 ? hth_soap_parse(body, size, entries) : -1;
    const gint64 total = hth_soap_number(body, size, "TotalMatches");
    if (n < 0 || total < 0) {
        /* A container may have gone since its parent was read. */
        self->is_failed = self->tree->len == 0;
        return FALSE;
    }
    if (self->page->first == 0 && total > 0) {
        const HthTreeContainer container = { g_strdup(self->page->id), (guint)total };
        g_array_append_val(self->tree, container);
    }
    const guint end = self->page->first + (guint)n;
    if (push_children(self, entries) && n > 0 && end < total)
        push_page(self, self->page->id, end);
    return TRUE;
}

GArray *hth_tree_walk(const struct sockaddr_in *server, const HthControl *control,
                      guint max_containers)
{
    Walk self = {
        .control = control,
        .pages = G_QUEUE_INIT,
        .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .tree = tree_new(),
        .max_containers = max_containers,
        .request = g_string_new(NULL),
    };
    g_hash_table_add(self.known, g_strdup("0"));
    push_page(&self, "0", 0);

    const HthLoadPlan plan = { .server = *server, .n_connections = 1 };
    const HthLoadWork work = {
        .next = next_page, .check = read_page, .keep_body = TRUE, .data = &self
    };
    HthLoadResult result;
    hth_load_run(&plan, &work, &result);
    hth_load_result_clear(&result);

    g_queue_clear_full(&self.pages, page_free);
    g_hash_table_unref(self.known);
    g_string_free(self.request, TRUE);
    if (self.is_failed || self.tree->len == 0)
        g_clear_pointer(&self.tree, g_array_unref);
    return self.tree;
}

gboolean hth_tree_save(const GArray *tree, const char *path, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < tree->len; i++) {
        const HthTreeContainer *container = &g_array_index(tree, HthTreeContainer, i);
        g_string_append_printf(text, "%u\t%s\n", container->n_children, container->id);
    }
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

GArray *hth_tree_load(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *tree = tree_new();
    for (char **line = lines; *line != NULL; line++) {
        const char *tab = strchr(*line, '\t');
        if (tab == NULL)
            continue;
        const HthTreeContainer container = {
            .id = g_strdup(tab + 1),
            .n_children = (guint)g_ascii_strtoull(*line, NULL, 10),
        };
        g_array_append_val(tree, container);
    }
    return tree;
}
