/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/playlist.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* The first byte says which of the three forms the others are read as. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    if (size < 1)
        return 0;
    const HthMediaFormat format = HTH_FORMAT_M3U + data[0] % 3;
    g_autoptr(GPtrArray) entries = hth_playlist_parse(data + 1, size - 1, format, NULL);
    g_assert_cmpuint(entries->len, <=, HTH_MEDIA_ENTRIES_MAX);
    for (guint i = 0; i < entries->len; i++) {
        const HthPlaylistEntry *entry = entries->pdata[i];
        g_assert_cmpuint(strlen(entry->path), <=, HTH_MEDIA_ENTRY_BYTES_MAX);
        g_assert_true(entry->title == NULL || g_utf8_validate(entry->title, -1, NULL));
    }
    return 0;
}
