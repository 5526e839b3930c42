/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regions of Matroska and WebM files.
 *
 *     EBML  Segment { SeekHead Void Info Tracks Tags Attachments  Cluster …  Cues }
 *
 * The order is free, and tools that change a tag move elements about: the old place becomes Void,
 * the new one may be behind the last Cluster. Clusters are payload, attached pictures are pictures,
 * a large table of Cues is offsets (they all move when something before the clusters grows), and
 * all else is metadata.
 */
#include "media/layout-builder.h"
#include "media/matroska-element.h"
#include "media/matroska-essence.h"

#include <string.h>

/* Top-level elements and clusters of one file: a week of one cluster a second. */
#define ELEMENTS_MAX (1 << 20)
/* How often a long loop asks whether it shall go on. */
#define ELEMENTS_A_LOOK 64

/* Room left free, fonts and unknown elements from this size on are payload. */
#define OTHER_MAX_BYTES      (64 * 1024)
#define ATTACHMENT_MIN_BYTES HTH_LAYOUT_PICTURE_MIN
#define PICTURE_MAX_BYTES    (64 * 1024 * 1024)
/* A smaller table of Cues is metadata. */
#define CUES_MIN_BYTES 1024

/* Clusters are put together into pieces, so that a copy of the file by another tool shares those
 * that it has not cut anew. A piece is about as large as a 64th part of the file. */
#define PIECES_A_FILE   64
#define PIECE_MIN_BYTES (256 * 1024)

typedef struct {
    HthLayoutBuilder *builder;
    HthMatroskaEssence *essence;
    HthMatroskaWindow window;
    guint64 piece_bytes;
    guint n_elements;
    gboolean has_clusters; /* the first one is a piece of its own: muxers differ most there */
} MatroskaWalk;

static void metadata_until(MatroskaWalk *walk, guint64 end)
{
    hth_layout_builder_add_metadata(walk->builder,
                                    end - hth_layout_builder_position(walk->builder));
}

static void payload_until(MatroskaWalk *walk, guint64 end)
{
    hth_layout_builder_add_payload(walk->builder, end - hth_layout_builder_position(walk->builder),
                                   FALSE);
}

/* Reads the blocks of @cluster; *@out_end is where it really ends, which its size may not tell.
 * FALSE when its children stop making sense: then nobody knows what follows. */
static gboolean read_blocks(MatroskaWalk *walk, const HthMatroskaElement *cluster, guint64 *out_end)
{
    HthMatroskaElement child;
    guint64 offset = hth_matroska_body(cluster);
    for (; offset < cluster->end; offset = child.end) {
        *out_end = offset;
        if (!hth_matroska_element_read(&walk->window, offset, cluster->end, &child)) {
            *out_end = cluster->end;
            return FALSE;
        }
        if (cluster->has_unknown_size && hth_matroska_is_top_level(child.id))
            return TRUE;
        if (child.id == HTH_MATROSKA_SIMPLE_BLOCK || child.id == HTH_MATROSKA_BLOCK_GROUP)
            hth_matroska_essence_block(walk->essence, &child);
    }
    *out_end = cluster->end;
    return TRUE;
}

static gboolean read_cluster(MatroskaWalk *walk, HthMatroskaElement *cluster)
{
    guint64 end = cluster->end;
    const gboolean is_whole = read_blocks(walk, cluster, &end);
    const gboolean goes_on = is_whole || !cluster->has_unknown_size;
    cluster->end = end;
    if (!walk->has_clusters ||
        cluster->end - hth_layout_builder_position(walk->builder) >= walk->piece_bytes)
        payload_until(walk, cluster->end);
    walk->has_clusters = TRUE;
    return goes_on;
}

/* CRC-32 elements may come first; they change whenever a position does. */
static void read_cues(MatroskaWalk *walk, const HthMatroskaElement *cues)
{
    HthMatroskaElement child;
    guint64 offset = hth_matroska_body(cues);
    if (cues->end - offset >= CUES_MIN_BYTES && cues->end - offset <= HTH_LAYOUT_OFFSETS_MAX) {
        if (hth_matroska_element_read(&walk->window, offset, cues->end, &child) &&
            child.id == HTH_EBML_CRC)
            offset = child.end;
        metadata_until(walk, offset);
        hth_layout_builder_add_offsets(walk->builder, cues->end - offset, HTH_OFFSETS_CUES);
    }
    metadata_until(walk, cues->end);
}

static gboolean is_picture(MatroskaWalk *walk, const HthMatroskaElement *data)
{
    static const char *const beginnings[] = { "\xff\xd8\xff", "\x89PNG", "GIF8", "BM", "RIFF" };
    char bytes[8];
    hth_matroska_element_text(&walk->window, data, bytes, sizeof bytes);
    for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++)
        if (memcmp(bytes, beginnings[i], strlen(beginnings[i])) == 0)
            return TRUE;
    return FALSE;
}

static void read_attached_file(MatroskaWalk *walk, const HthMatroskaElement *file)
{
    HthMatroskaElement data;
    const guint64 body = hth_matroska_body(file);
    if (!hth_matroska_element_find(&walk->window, body, file->end, HTH_MATROSKA_FILE_DATA, &data))
        return;
    const guint64 offset = hth_matroska_body(&data);
    const guint64 length = data.end - offset;
    if (length < ATTACHMENT_MIN_BYTES)
        return;
    metadata_until(walk, offset);
    if (length <= PICTURE_MAX_BYTES && is_picture(walk, &data))
        hth_layout_builder_add_picture(walk->builder, length);
    else
        payload_until(walk, data.end);
}

static gboolean read_attachments(MatroskaWalk *walk, const HthMatroskaElement *attachments)
{
    HthMatroskaElement child;
    guint64 offset = hth_matroska_body(attachments);
    for (; hth_matroska_element_read(&walk->window, offset, attachments->end, &child);
         offset = child.end) {
        if (++walk->n_elements > ELEMENTS_MAX)
            return FALSE;
        if (child.id == HTH_MATROSKA_ATTACHED_FILE)
            read_attached_file(walk, &child);
    }
    metadata_until(walk, attachments->end);
    return TRUE;
}

static gboolean read_element(MatroskaWalk *walk, HthMatroskaElement *element)
{
    if (++walk->n_elements > ELEMENTS_MAX ||
        (walk->n_elements % ELEMENTS_A_LOOK == 0 && hth_layout_builder_is_cancelled(walk->builder)))
        return FALSE;
    if (element->id == HTH_MATROSKA_CLUSTER)
        return read_cluster(walk, element);
    payload_until(walk, element->offset); /* clusters before it */
    if (element->has_unknown_size)
        return FALSE; /* only Segment and Cluster may */
    if (element->id == HTH_MATROSKA_CUES)
        read_cues(walk, element);
    else if (element->id == HTH_MATROSKA_ATTACHMENTS)
        return read_attachments(walk, element);
    else if (element->end - element->offset > OTHER_MAX_BYTES && element->id != HTH_MATROSKA_TAGS)
        payload_until(walk, element->end);
    else
        metadata_until(walk, element->end);
    if (element->id == HTH_MATROSKA_TRACKS)
        hth_matroska_essence_tracks(walk->essence, element);
    return TRUE;
}

static guint64 piece_bytes(guint64 size)
{
    guint64 bytes = PIECE_MIN_BYTES;
    while (bytes < size / PIECES_A_FILE)
        bytes *= 2;
    return bytes;
}

/* Goes through the segment; what can't be read, and what is behind it, is payload. */
static gboolean read_segment(MatroskaWalk *walk, const HthMatroskaElement *segment)
{
    HthMatroskaElement child;
    guint64 offset = hth_matroska_body(segment);
    metadata_until(walk, offset);
    for (; hth_matroska_element_read(&walk->window, offset, segment->end, &child);
         offset = child.end)
        if (!read_element(walk, &child))
            break;
    if (!walk->has_clusters || hth_layout_builder_is_cancelled(walk->builder))
        return FALSE;
    payload_until(walk, hth_layout_builder_size(walk->builder));
    hth_matroska_essence_finish(walk->essence);
    return TRUE;
}

gboolean hth_matroska_layout(HthLayoutBuilder *builder)
{
    const guint64 size = hth_layout_builder_size(builder);
    g_autofree MatroskaWalk *walk = g_new0(MatroskaWalk, 1);
    walk->builder = builder;
    walk->piece_bytes = piece_bytes(size);
    hth_matroska_window_init(&walk->window, hth_layout_builder_source(builder));

    HthMatroskaElement element;
    if (!hth_matroska_element_read(&walk->window, 0, size, &element) ||
        element.id != HTH_EBML_HEADER || element.has_unknown_size)
        return FALSE;
    while (element.id != HTH_MATROSKA_SEGMENT)
        if (++walk->n_elements > 8 /* Void may come between */
            || !hth_matroska_element_read(&walk->window, element.end, size, &element))
            return FALSE;
    g_autoptr(HthMatroskaEssence) essence = hth_matroska_essence_new(builder);
    walk->essence = essence;
    return read_segment(walk, &element);
}
