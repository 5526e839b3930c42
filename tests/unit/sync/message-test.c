/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/message.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "sync/message-body.h"

static void fill(guint8 *bytes, gsize size, guint8 from)
{
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)(from + i);
}

static HthSyncRequest *example_request(void)
{
    HthSyncRequest *self = hth_sync_request_new();
    fill(self->device_epoch, sizeof self->device_epoch, 1);
    fill(self->home_epoch, sizeof self->home_epoch, 50);
    fill(self->set_digest.bytes, HTH_DIGEST_BYTES, 100);
    self->sequence = 1234567890123;
    self->n_files = 42;
    self->free_bytes = 1u << 30;
    self->plays_seen = 7;
    self->says = HTH_SYNC_SAYS_HAS_VOLUME;
    self->n_held_back = 21;
    self->max_operations = 256;
    for (guint i = 0; i < 3; i++) {
        HthSyncResult result = { .sequence = i + 5, .status = i, .sentence = g_strdup("why") };
        fill(result.hash.bytes, HTH_DIGEST_BYTES, (guint8)i);
        g_array_append_val(self->results, result);
        const guint64 absent = i * 1000;
        g_array_append_val(self->absent, absent);
        const HthSyncPlay play = { .number = i + 1,
                                   .stamp = 1u << 20,
                                   .nonce = 99,
                                   .kind = HTH_SYNC_PLAY_POSITION,
                                   .item = 77,
                                   .value = -1 };
        g_array_append_val(self->plays, play);
    }
    return self;
}

static void test_request_comes_back(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncRequest) sent = example_request();
    g_autoptr(GBytes) body = hth_sync_request_encode(sent);
    g_autoptr(HthSyncRequest) got = hth_sync_request_decode(body, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(got->device_epoch, 16, sent->device_epoch, 16);
    g_assert_cmpmem(got->home_epoch, 16, sent->home_epoch, 16);
    g_assert_true(hth_digest_equal(&got->set_digest, &sent->set_digest));
    g_assert_cmpuint(got->sequence, ==, 1234567890123);
    g_assert_cmpuint(got->n_held_back, ==, 21);
    g_assert_cmpuint(got->results->len, ==, 3);
    g_assert_cmpuint(g_array_index(got->results, HthSyncResult, 2).status, ==, HTH_SYNC_CHANGED);
    g_assert_cmpstr(g_array_index(got->results, HthSyncResult, 2).sentence, ==, "why");
    g_assert_cmpuint(g_array_index(got->absent, guint64, 2), ==, 2000);
    g_assert_cmpint(g_array_index(got->plays, HthSyncPlay, 1).value, ==, -1);
    g_autoptr(GBytes) again = hth_sync_request_encode(got);
    g_assert_true(g_bytes_equal(body, again));
}

static void test_away_is_said_when_it_is_announced(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncRequest) sent = example_request();
    sent->away_revision = 0x89abcdef;
    sent->play_port = 45678;
    g_autoptr(GBytes) without = hth_sync_request_encode(sent);
    g_autoptr(HthSyncRequest) nothing = hth_sync_request_decode(without, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(nothing->away_revision, ==, 0);
    g_assert_cmpuint(nothing->play_port, ==, 0);

    sent->says |= HTH_SYNC_SAYS_AWAY;
    g_autoptr(GBytes) with = hth_sync_request_encode(sent);
    g_autoptr(HthSyncRequest) got = hth_sync_request_decode(with, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(got->away_revision, ==, 0x89abcdef);
    g_assert_cmpuint(got->play_port, ==, 45678);
}

/* The no-change round trip has 512 bytes for everything: HTTP, TLS and this. */
static void test_quiet_request_is_short(void)
{
    g_autoptr(HthSyncRequest) request = example_request();
    g_array_set_size(request->results, 0);
    g_array_set_size(request->absent, 0);
    g_array_set_size(request->plays, 0);
    request->says |= HTH_SYNC_SAYS_AWAY;
    g_autoptr(GBytes) body = hth_sync_request_encode(request);
    g_assert_cmpuint(g_bytes_get_size(body), <=, 144);
}

static HthSyncAnswer *example_answer(guint n_operations)
{
    HthSyncAnswer *self = hth_sync_answer_new();
    fill(self->home_epoch, sizeof self->home_epoch, 3);
    self->demands = HTH_SYNC_SEND_MANIFEST;
    self->rest_bytes = G_MAXUINT64;
    const guint64 item = 5;
    g_array_append_val(self->layout_items, item);
    for (guint i = 0; i < n_operations; i++) {
        HthSyncOperation operation = {
            .sequence = i,
            .kind = i % HTH_SYNC_N_OPERATION_KINDS,
            .item = i * 3,
            .path = g_strdup_printf("Music/Album/%u Title.mp3", i),
            .size = i,
            .revision = ~(guint64)i,
        };
        fill(operation.new_hash.bytes, HTH_DIGEST_BYTES, (guint8)i);
        if (operation.kind == HTH_SYNC_RETAG)
            operation.recipe = g_bytes_new("recipe", 6);
        if (operation.kind == HTH_SYNC_PLAYLIST)
            operation.content = g_bytes_new("", 0);
        g_array_append_val(self->operations, operation);
    }
    return self;
}

static void test_answer_comes_back(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncAnswer) sent = example_answer(HTH_SYNC_MAX_OPERATIONS);
    g_autoptr(GBytes) body = hth_sync_answer_encode(sent);
    g_autoptr(HthSyncAnswer) got = hth_sync_answer_decode(body, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(got->operations->len, ==, HTH_SYNC_MAX_OPERATIONS);
    const HthSyncOperation *list = &g_array_index(got->operations, HthSyncOperation, 4);
    g_assert_cmpstr(list->path, ==, "Music/Album/4 Title.mp3");
    g_assert_nonnull(list->content);
    g_assert_cmpuint(g_bytes_get_size(list->content), ==, 0);
    g_assert_null(list->recipe);
    g_autoptr(GBytes) again = hth_sync_answer_encode(got);
    g_assert_true(g_bytes_equal(body, again));
}

static void test_operation_size_is_told_exactly(void)
{
    g_autoptr(HthSyncAnswer) none = example_answer(0);
    g_autoptr(HthSyncAnswer) some = example_answer(12);
    g_autoptr(GBytes) empty_body = hth_sync_answer_encode(none);
    g_autoptr(GBytes) empty = hth_sync_body_open(empty_body, G_MAXUINT, NULL);
    g_autoptr(GBytes) full_body = hth_sync_answer_encode(some);
    g_autoptr(GBytes) full = hth_sync_body_open(full_body, G_MAXUINT, NULL);
    gsize expected = g_bytes_get_size(empty);
    for (guint i = 0; i < 12; i++)
        expected +=
            hth_sync_operation_encoded_size(&g_array_index(some->operations, HthSyncOperation, i));
    g_assert_cmpuint(g_bytes_get_size(full), ==, expected);
}

/* Every prefix of a body, and every body with one byte more, is refused. */
static void test_cut_bodies_are_refused(void)
{
    g_autoptr(HthSyncAnswer) answer = example_answer(8);
    g_autoptr(GBytes) sealed = hth_sync_answer_encode(answer);
    g_autoptr(GBytes) fields = hth_sync_body_open(sealed, G_MAXUINT, NULL);
    const gsize size = g_bytes_get_size(fields);
    g_autofree guint8 *raw = g_malloc0(size + 2);
    memcpy(raw + 1, g_bytes_get_data(fields, NULL), size);
    for (gsize cut = 0; cut <= size + 2; cut++) {
        g_autoptr(GBytes) body = g_bytes_new(raw, cut);
        g_autoptr(HthSyncAnswer) got = hth_sync_answer_decode(body, NULL);
        g_assert_true((got != NULL) == (cut == size + 1));
    }
}

static void test_wrong_text_is_refused(void)
{
    static const char *const wrong[] = { "a\xff", "a\0b" };
    for (guint i = 0; i < 2; i++) {
        HthSyncManifestPage *page = hth_sync_manifest_page_new();
        const HthSyncHeld held = { .item = 1, .path = g_strdup("abc") };
        g_array_append_val(page->held, held);
        g_autoptr(GBytes) sealed = hth_sync_manifest_page_encode(page);
        hth_sync_manifest_page_free(page);
        gsize size = 0;
        const guint8 *sent = g_bytes_get_data(sealed, &size);
        g_autofree guint8 *raw = g_memdup2(sent, size);
        guint8 *text = memmem(raw, size, "abc", 3);
        memcpy(text, wrong[i], 3);
        g_autoptr(GBytes) body = g_bytes_new(raw, size);
        g_autoptr(GError) error = NULL;
        g_assert_null(hth_sync_manifest_page_decode(body, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    }
}

static void test_page_out_of_order_is_refused(void)
{
    g_autoptr(HthSyncManifestPage) page = hth_sync_manifest_page_new();
    for (guint i = 0; i < 2; i++) {
        const HthSyncHeld held = { .item = 5 - i, .path = g_strdup("a") };
        g_array_append_val(page->held, held);
    }
    g_autoptr(GBytes) body = hth_sync_manifest_page_encode(page);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_sync_manifest_page_decode(body, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

/* 1 GiB of zeros is 32 KB of zstd: it is refused by the length it names. */
static void test_bomb_is_refused(void)
{
    GByteArray *fields = g_byte_array_new();
    g_byte_array_set_size(fields, 64 * 1024 * 1024);
    memset(fields->data, 0, fields->len);
    g_autoptr(GBytes) body = hth_sync_body_seal(fields);
    g_assert_cmpuint(g_bytes_get_size(body), <, 64 * 1024);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_sync_request_decode(body, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
}

static void test_newer_version_is_told(void)
{
    GByteArray *fields = g_byte_array_new();
    hth_wire_write_u16(fields, HTH_SYNC_VERSION + 1);
    g_autoptr(GBytes) body = hth_sync_body_seal(fields);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_sync_request_decode(body, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NEWER);
}

static void test_data_and_upload_come_back(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncDataRequest) data = hth_sync_data_request_new();
    HthSyncPart part = { .sequence = 3, .item = 4, .revision = 5, .kind = HTH_SYNC_PICTURE };
    part.hash.bytes[0] = 1;
    g_array_append_val(data->parts, part);
    g_autoptr(GBytes) data_body = hth_sync_data_request_encode(data);
    g_autoptr(HthSyncDataRequest) got = hth_sync_data_request_decode(data_body, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_array_index(got->parts, HthSyncPart, 0).hash.bytes[0], ==, 1);

    g_autoptr(HthSyncUpload) upload = hth_sync_upload_new();
    upload->hash.bytes[0] = 1;
    upload->size = 10;
    upload->offset = 4;
    upload->name = g_strdup("DCIM/1.jpg");
    upload->slice = g_bytes_new("123456", 6);
    g_autoptr(GBytes) upload_body = hth_sync_upload_encode(upload);
    g_autoptr(HthSyncUpload) uploaded = hth_sync_upload_decode(upload_body, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(uploaded->slice, upload->slice));
    upload->offset = 5; /* the slice would pass the end */
    g_autoptr(GBytes) wrong = hth_sync_upload_encode(upload);
    g_assert_null(hth_sync_upload_decode(wrong, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/request-comes-back", test_request_comes_back);
    g_test_add_func("/message/away-is-said-when-it-is-announced",
                    test_away_is_said_when_it_is_announced);
    g_test_add_func("/message/quiet-request-is-short", test_quiet_request_is_short);
    g_test_add_func("/message/answer-comes-back", test_answer_comes_back);
    g_test_add_func("/message/operation-size-is-told-exactly", test_operation_size_is_told_exactly);
    g_test_add_func("/message/cut-bodies-are-refused", test_cut_bodies_are_refused);
    g_test_add_func("/message/wrong-text-is-refused", test_wrong_text_is_refused);
    g_test_add_func("/message/page-out-of-order-is-refused", test_page_out_of_order_is_refused);
    g_test_add_func("/message/bomb-is-refused", test_bomb_is_refused);
    g_test_add_func("/message/newer-version-is-told", test_newer_version_is_told);
    g_test_add_func("/message/data-and-upload-come-back", test_data_and_upload_come_back);
    return g_test_run();
}
