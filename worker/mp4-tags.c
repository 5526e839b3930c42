/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mp4-tags.h"

#include <string.h>

#include "bytes.h"
#include "tags.h"

#define BOXES_MAX  1000 /* of one parent */
#define VALUES_MAX 64
#define TEXT_MAX   4096
/* Entries over this are pictures, which libavformat reads. */
#define ENTRY_BYTES_MAX (16 * 1024)
#define TYPE_UTF8       1

static const struct {
    char name[5];
    const char *key;
} lists[] = {
    { "\251ART", "artist" },
    { "aART", "albumartist" },
    { "\251wrt", "composer" },
    { "\251gen", "genre" },
};

typedef struct {
    gint64 at;   /* of the content */
    gint64 size; /* of the content */
} Box;

/* The first box @name between @from and @end. */
static gboolean find_box(HthSource *source, gint64 from, gint64 end, const char *name, Box *out)
{
    for (guint i = 0; i < BOXES_MAX && from + 8 <= end; i++) {
        guint8 head[16];
        if (hth_source_read_at(source, from, head, 8) != 8)
            return FALSE;
        gint64 header = 8;
        guint64 size = be32(head);
        if (size == 1) {
            if (hth_source_read_at(source, from + 8, head + 8, 8) != 8)
                return FALSE;
            size = be64(head + 8);
            header = 16;
        } else if (size == 0) {
            size = (guint64)(end - from);
        }
        if (size < (guint64)header || size > (guint64)(end - from))
            return FALSE;
        if (memcmp(head + 4, name, 4) == 0) {
            *out = (Box){ from + header, (gint64)size - header };
            return TRUE;
        }
        from += (gint64)size;
    }
    return FALSE;
}

static const char *list_key(const guint8 *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (memcmp(lists[i].name, name, 4) == 0)
            return lists[i].key;
    }
    return NULL;
}

/* The "data" boxes of one entry are its values. In "----" a "name" box before them is the key. */
static void read_entry(HthProbe *probe, const char *key, const guint8 *bytes, gsize size)
{
    g_autofree char *own_key = NULL;
    gsize at = 0;
    for (guint i = 0; i < VALUES_MAX && size - at >= 8; i++) {
        const gsize box = be32(bytes + at);
        if (box < 8 || box > size - at)
            return;
        const guint8 *name = bytes + at + 4;
        if (memcmp(name, "name", 4) == 0 && box > 12) {
            g_free(own_key);
            own_key = g_strndup((const char *)bytes + at + 12, MIN(box - 12, TEXT_MAX));
        }
        const char *used_key = key != NULL ? key : own_key;
        if (memcmp(name, "data", 4) == 0 && box > 16 && be24(bytes + at + 9) == TYPE_UTF8 &&
            used_key != NULL) {
            g_autofree char *value =
                g_strndup((const char *)bytes + at + 16, MIN(box - 16, TEXT_MAX));
            hth_tags_add(probe->info, used_key, value);
        }
        at += box;
    }
}

void hth_mp4_ilst_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes)
{
    gsize at = 0;
    for (guint i = 0; i < BOXES_MAX && size_bytes - at >= 8; i++) {
        const gsize box = be32(bytes + at);
        if (box < 8 || box > size_bytes - at)
            return;
        const char *key = list_key(bytes + at + 4);
        if (key != NULL || memcmp(bytes + at + 4, "----", 4) == 0)
            read_entry(probe, key, bytes + at + 8, box - 8);
        at += box;
    }
}

/* Entry by entry, to step over pictures. */
static void read_ilst(HthProbe *probe, const Box *ilst)
{
    gint64 at = ilst->at;
    const gint64 end = ilst->at + ilst->size;
    for (guint i = 0; i < BOXES_MAX && at + 8 <= end; i++) {
        guint8 head[8];
        if (hth_source_read_at(probe->source, at, head, 8) != 8)
            return;
        const gint64 size = be32(head);
        if (size < 8 || size > end - at)
            return;
        if (size <= ENTRY_BYTES_MAX &&
            (list_key(head + 4) != NULL || memcmp(head + 4, "----", 4) == 0)) {
            g_autoptr(GByteArray) entry = hth_source_read_block(probe->source, at, (gsize)size);
            hth_mp4_ilst_read(probe, entry->data, entry->len);
        }
        at += size;
    }
}

void hth_mp4_tags_read(HthProbe *probe)
{
    HthSource *source = probe->source;
    Box moov, udta, meta, ilst;
    if (!find_box(source, 0, source->size_bytes, "moov", &moov) ||
        !find_box(source, moov.at, moov.at + moov.size, "udta", &udta) ||
        !find_box(source, udta.at, udta.at + udta.size, "meta", &meta) || meta.size < 4)
        return;
    /* In ISO files "meta" starts with a version and flags; in QuickTime it does not. */
    guint8 head[8];
    if (hth_source_read_at(source, meta.at, head, 8) != 8)
        return;
    const gint64 skipped = memcmp(head + 4, "hdlr", 4) == 0 ? 0 : 4;
    if (find_box(source, meta.at + skipped, meta.at + meta.size, "ilst", &ilst))
        read_ilst(probe, &ilst);
}
