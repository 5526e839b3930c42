/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A GListModel of HthLibraryItem over a list of the API that may be of any length. Pages are asked
 * for when somebody looks at them; the last HTH_PAGE_LIST_PAGES of them are kept, and what is
 * looked at before its page has come is an empty item that fills itself.
 *
 * When the library changes, what is kept is asked for again and filled in place: nobody loses the
 * place where he was reading.
 *
 * Signals: "loaded": the number of items is known, or known anew; "failed" (const GError *).
 *
 * Threads: the main thread only.
 */
#pragma once

#include "api/api-client.h"
#include "model/library-item.h"

G_BEGIN_DECLS

#define HTH_PAGE_LIST_ITEMS 100
#define HTH_PAGE_LIST_PAGES 20

#define HTH_TYPE_PAGE_LIST (hth_page_list_get_type())
G_DECLARE_FINAL_TYPE(HthPageList, hth_page_list, HTH, PAGE_LIST, GObject)

HthPageList *hth_page_list_new(HthApiClient *client);

/* Lists what @path answers ("browse/ID?sort=track", "search?q=&kind=album"); NULL: nothing. */
void hth_page_list_set_path(HthPageList *self, const char *path);
const char *hth_page_list_path(HthPageList *self);

/* Asks again for what is kept. */
void hth_page_list_refresh(HthPageList *self);

/* Whether the first page has come. */
gboolean hth_page_list_is_loaded(HthPageList *self);

/* Pages kept; for tests. */
guint hth_page_list_n_pages(HthPageList *self);

G_END_DECLS
