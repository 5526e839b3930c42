/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/library.h"

#include <glib/gstdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *roots[] = { argv[2], NULL };
    const HthLibraryOptions options = { .state_dir = argv[1], .cache_dir = argv[1], .roots = roots, .worker_program = argv[3] };
    g_autoptr(GError) error = NULL;
    gint64 t0 = g_get_monotonic_time();
    HthLibrary *library = hth_library_open(&options, &error);
    g_assert_no_error(error);
    hth_library_start(library);
    for (int i = 0;i < 6000; i++) {
        HthScanStatus s;
        hth_library_scan_status(library, &s);
        if (i % 50 == 0) g_print("%.2f phase %d folders %lu files %lu read %lu/%lu rate %.0f left %ld failed %lu\n", (g_get_monotonic_time()-t0)/1e6, s.phase, s.n_folders, s.n_files, s.n_read, s.n_to_read, s.files_per_s, s.seconds_left, s.n_failed);
        gboolean done = s.phase == 0 && s.took_ms > 0;
        hth_scan_status_clear(&s);
        if (done) break;
        g_usleep(10000);
    }
    g_print("scan done %.3f\n", (g_get_monotonic_time()-t0)/1e6);
    HthLibraryCounts c; hth_library_counts(library, &c);
    g_print("tracks %u albums %u artists %u genres %u videos %u photos %u playlists %u\n", c.n_tracks,c.n_albums,c.n_artists,c.n_genres,c.n_videos,c.n_photos,c.n_playlists);
    {
        g_autoptr(HthReader) reader = hth_library_acquire_reader(library);
        static const char *const ids[] = {"0","music","music-artists","music-albums","music-all","music-folders","music-genres","photo-dates","video-all","music-recent"};
        for (guint i=0;i<G_N_ELEMENTS(ids);i++) {
            g_autoptr(HthListing) l = hth_reader_children(reader, ids[i], NULL, &error);
            g_assert_no_error(error);
            g_print("%s: %u children update %u\n", ids[i], l->n_refs, l->update_id);
            for (guint k=0;k<MIN(l->n_refs,4);k++) {
                g_autoptr(HthObject) o = hth_reader_object_by_ref(reader, l->refs[k]);
                g_autofree char *cid = hth_listing_child_id(l, o->leaf_id);
                g_print("   %s [%s] parent %s '%s' children %u art %s\n", cid, hth_object_class_name(o->class), o->parent_id, o->title, o->child_count, o->artwork_id);
                g_autofree char *par = NULL;
                g_autoptr(HthObject) o2 = hth_reader_object(reader, cid, &par, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(par, ==, l->is_canonical ? o->parent_id : ids[i]);
            }
        }
        g_autoptr(HthQuery) q = hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_TITLE, "th");
        g_autoptr(HthListing) l = hth_reader_search(reader, "0", q, NULL, &error);
        g_assert_no_error(error);
        g_print("search th: %u\n", l->n_refs);
        gint64 t = g_get_monotonic_time();
        for (int i=0;i<1000;i++) { g_autoptr(HthListing) l2 = hth_reader_search(reader, "music", q, NULL, &error); }
        g_print("1000 searches %.1f ms\n", (g_get_monotonic_time()-t)/1e3);
    }
    t0 = g_get_monotonic_time();
    hth_library_close(library);
    g_print("close %.1f ms\n", (g_get_monotonic_time()-t0)/1e3);
    return 0;
}
