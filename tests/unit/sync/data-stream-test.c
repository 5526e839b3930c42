/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/data-stream.h"

#include <string.h>

#include "base/error.h"

/* What the callbacks saw, as text: "0:abc 0=ok 1=changed ". */
static gboolean on_bytes(guint index, gconstpointer bytes, gsize size, gpointer data,
                         GError **error)
{
    GString **seen = data;
    g_string_append_len(seen[index], bytes, (gssize)size);
    return TRUE;
}

static gboolean on_end(guint index, HthSyncStatus status, guint32 sum, gpointer data,
                       GError **error)
{
    GString **seen = data;
    g_string_append_printf(seen[index], "=%s %08x", hth_sync_status_name(status), sum);
    return TRUE;
}

static const HthSyncDataFuncs funcs = { on_bytes, on_end };

static void add_frame(GByteArray *to, const char *text)
{
    guint8 head[HTH_SYNC_FRAME_HEAD_BYTES];
    hth_sync_frame_head((guint32)strlen(text), head);
    g_byte_array_append(to, head, sizeof head);
    g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
}

static void add_end(GByteArray *to, HthSyncStatus status, guint32 sum)
{
    guint8 end[HTH_SYNC_PART_END_BYTES];
    hth_sync_part_end(status, sum, end);
    g_byte_array_append(to, end, sizeof end);
}

static GByteArray *example(void)
{
    GByteArray *stream = g_byte_array_new();
    add_frame(stream, "hello ");
    add_frame(stream, "world");
    add_end(stream, HTH_SYNC_OK, 0x11020304);
    add_end(stream, HTH_SYNC_GONE, 0x22);
    add_frame(stream, "x");
    add_end(stream, HTH_SYNC_CHANGED, 0x33);
    return stream;
}

static void test_pieces_of_any_size(void)
{
    g_autoptr(GByteArray) stream = example();
    for (guint piece = 1; piece <= stream->len; piece++) {
        GString *seen[3] = { g_string_new(""), g_string_new(""), g_string_new("") };
        HthSyncDataParser parser = HTH_SYNC_DATA_PARSER(&funcs, seen, 3);
        for (guint at = 0; at < stream->len; at += piece) {
            g_assert_false(hth_sync_data_parser_is_done(&parser));
            g_autoptr(GError) error = NULL;
            hth_sync_data_parser_feed(&parser, stream->data + at, MIN(piece, stream->len - at),
                                      &error);
            g_assert_no_error(error);
        }
        g_assert_true(hth_sync_data_parser_is_done(&parser));
        g_assert_cmpstr(seen[0]->str, ==, "hello world=ok 11020304");
        g_assert_cmpstr(seen[1]->str, ==, "=gone 00000022");
        g_assert_cmpstr(seen[2]->str, ==, "x=changed 00000033");
        for (guint i = 0; i < 3; i++)
            g_string_free(seen[i], TRUE);
    }
}

static void refuse(GByteArray *stream, guint n_parts)
{
    g_autoptr(GError) error = NULL;
    GString *seen[3] = { g_string_new(""), g_string_new(""), g_string_new("") };
    HthSyncDataParser parser = HTH_SYNC_DATA_PARSER(&funcs, seen, n_parts);
    g_assert_false(hth_sync_data_parser_feed(&parser, stream->data, stream->len, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    for (guint i = 0; i < 3; i++)
        g_string_free(seen[i], TRUE);
}

static void test_more_than_was_asked_is_refused(void)
{
    g_autoptr(GByteArray) stream = example();
    refuse(stream, 2);
}

static void test_unknown_status_is_refused(void)
{
    g_autoptr(GByteArray) stream = g_byte_array_new();
    add_end(stream, HTH_SYNC_N_STATUSES, 0);
    refuse(stream, 1);
}

static void test_long_frame_is_refused(void)
{
    g_autoptr(GByteArray) stream = g_byte_array_new();
    guint8 head[HTH_SYNC_FRAME_HEAD_BYTES];
    hth_sync_frame_head(HTH_SYNC_FRAME_MAX_BYTES + 1, head);
    g_byte_array_append(stream, head, sizeof head);
    refuse(stream, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/data-stream/pieces-of-any-size", test_pieces_of_any_size);
    g_test_add_func("/data-stream/more-than-was-asked-is-refused",
                    test_more_than_was_asked_is_refused);
    g_test_add_func("/data-stream/unknown-status-is-refused", test_unknown_status_is_refused);
    g_test_add_func("/data-stream/long-frame-is-refused", test_long_frame_is_refused);
    return g_test_run();
}
