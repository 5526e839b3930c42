/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every message of the conversation: the first byte says which, the rest is its body. What decodes
 * must encode to something that decodes to the same. */
#include <stdint.h>

#include "sync/data-stream.h"

#define FUZZ_MESSAGE(name, Type)                                                                   \
    static void fuzz_##name(GBytes *body)                                                          \
    {                                                                                              \
        Type *first = hth_sync_##name##_decode(body, NULL);                                        \
        if (first == NULL)                                                                         \
            return;                                                                                \
        g_autoptr(GBytes) once = hth_sync_##name##_encode(first);                                  \
        Type *second = hth_sync_##name##_decode(once, NULL);                                       \
        g_assert_nonnull(second);                                                                  \
        g_autoptr(GBytes) twice = hth_sync_##name##_encode(second);                                \
        g_assert_true(g_bytes_equal(once, twice));                                                 \
        hth_sync_##name##_free(first);                                                             \
        hth_sync_##name##_free(second);                                                            \
    }

FUZZ_MESSAGE(request, HthSyncRequest)
FUZZ_MESSAGE(answer, HthSyncAnswer)
FUZZ_MESSAGE(manifest_page, HthSyncManifestPage)
FUZZ_MESSAGE(layout, HthSyncLayout)
FUZZ_MESSAGE(data_request, HthSyncDataRequest)
FUZZ_MESSAGE(upload, HthSyncUpload)
FUZZ_MESSAGE(upload_answer, HthSyncUploadAnswer)

static gboolean on_bytes(guint index, gconstpointer bytes, gsize size, gpointer data,
                         GError **error)
{
    return TRUE;
}

static gboolean on_end(guint index, HthSyncStatus status, guint32 sum, gpointer data,
                       GError **error)
{
    return TRUE;
}

static void fuzz_stream(GBytes *body)
{
    static const HthSyncDataFuncs funcs = { on_bytes, on_end };
    HthSyncDataParser parser = HTH_SYNC_DATA_PARSER(&funcs, NULL, 3);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(body, &size);
    for (gsize at = 0; at < size; at += 7)
        if (!hth_sync_data_parser_feed(&parser, bytes + at, MIN(7, size - at), NULL))
            return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const fuzz[])(
        GBytes *) = { fuzz_request,      fuzz_answer, fuzz_manifest_page, fuzz_layout,
                      fuzz_data_request, fuzz_upload, fuzz_upload_answer, fuzz_stream };
    if (size == 0)
        return 0;
    g_autoptr(GBytes) body = g_bytes_new(data + 1, size - 1);
    fuzz[data[0] % G_N_ELEMENTS(fuzz)](body);
    return 0;
}
