/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes as they travel: a mark, the body packed, then the inline bytes, which are packed against
 * the old file already. In the body every field of all steps stands together: what is alike packs
 * well, and thousands of steps cost little. */
#include "media/recipe.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "media/pack.h"
#include "media/picture-coding.h"
#include "media/recipe-private.h"

#define RECIPE_MARK     'R'
#define RECIPE_ENCODING 1
#define BODY_MAX        (4 * 1024 * 1024)
#define REFERENCES_MAX  HTH_RECIPE_STEPS_MAX
#define PARTS_MAX       4096
#define RENAMES_MAX     4096
#define CUTS_MAX        256

static void clear_cut(gpointer data)
{
    HthOggCut *cut = data;
    hth_ogg_table_free(cut->table);
}

HthRecipe *hth_recipe_new(guint64 old_size, guint64 new_size)
{
    HthRecipe *self = g_new0(HthRecipe, 1);
    self->old_size = old_size;
    self->new_size = new_size;
    self->steps = g_array_new(FALSE, TRUE, sizeof(HthStep));
    self->reference = g_array_new(FALSE, TRUE, sizeof(HthRange));
    self->parts = g_array_new(FALSE, TRUE, sizeof(HthPicturePart));
    self->renames = g_array_new(FALSE, TRUE, sizeof(HthOggRename));
    self->cuts = g_array_new(FALSE, TRUE, sizeof(HthOggCut));
    g_array_set_clear_func(self->cuts, clear_cut);
    self->programs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    return self;
}

void hth_recipe_free(HthRecipe *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->steps);
    g_array_unref(self->reference);
    g_array_unref(self->parts);
    g_array_unref(self->renames);
    g_array_unref(self->cuts);
    g_ptr_array_unref(self->programs);
    g_clear_pointer(&self->inline_packed, g_bytes_unref);
    g_free(self);
}

guint64 hth_recipe_old_size(const HthRecipe *self)
{
    return self->old_size;
}

guint64 hth_recipe_new_size(const HthRecipe *self)
{
    return self->new_size;
}

gboolean hth_recipe_is_generic(const HthRecipe *self)
{
    return self->is_generic;
}

gboolean hth_step_has_old(const HthStep *step)
{
    return step->kind == HTH_STEP_COPY || step->kind == HTH_STEP_OGG_PAGES ||
           step->kind == HTH_STEP_OGG_REPAGE || step->kind == HTH_STEP_OFFSETS;
}

guint64 hth_step_old_length(const HthStep *step)
{
    return step->kind == HTH_STEP_OGG_REPAGE ? step->extra : step->length;
}

GArray *hth_recipe_fetch_list(const HthRecipe *self)
{
    GArray *needs = g_array_new(FALSE, TRUE, sizeof(HthNeed));
    g_autoptr(GHashTable) seen = g_hash_table_new(hth_digest_hash, hth_digest_equal_func);
    guint64 position = 0;
    for (guint i = 0; i < self->steps->len; i++) {
        const HthStep *step = &g_array_index(self->steps, HthStep, i);
        HthNeed need = { .kind = HTH_NEED_RANGE, .offset = position, .length = step->length };
        position += step->length;
        if (step->kind == HTH_STEP_PICTURE) {
            HthPicturePart *part = &g_array_index(self->parts, HthPicturePart, step->index);
            if (!g_hash_table_add(seen, &part->digest))
                continue;
            need = (HthNeed){ .kind = HTH_NEED_PICTURE,
                              .length = part->length,
                              .digest = part->digest };
        } else if (step->kind != HTH_STEP_FETCH) {
            continue;
        }
        g_array_append_val(needs, need);
    }
    return needs;
}

/* ---- Writing ---- */

static void write_steps(GByteArray *to, const GArray *steps)
{
    hth_wire_write_varint(to, steps->len);
    for (guint i = 0; i < steps->len; i++)
        hth_wire_write_u8(to, g_array_index(steps, HthStep, i).kind);
    for (guint i = 0; i < steps->len; i++)
        hth_wire_write_varint(to, g_array_index(steps, HthStep, i).length);
    guint64 expected = 0; /* old ranges mostly follow each other */
    for (guint i = 0; i < steps->len; i++) {
        const HthStep *step = &g_array_index(steps, HthStep, i);
        if (!hth_step_has_old(step))
            continue;
        hth_wire_write_signed(to, (gint64)(step->old_offset - expected));
        expected = step->old_offset + hth_step_old_length(step);
    }
    for (guint i = 0; i < steps->len; i++) {
        const HthStep *step = &g_array_index(steps, HthStep, i);
        if (step->kind == HTH_STEP_OGG_PAGES) {
            hth_wire_write_u8(to, (guint8)step->n_renames);
        } else if (step->kind == HTH_STEP_OGG_REPAGE) {
            hth_wire_write_varint(to, step->extra);
        } else if (step->kind == HTH_STEP_OFFSETS) {
            hth_wire_write_u8(to, step->coding);
            hth_wire_write_signed(to, (gint64)step->extra);
        } else if (step->kind == HTH_STEP_REFRAME) {
            hth_wire_write_u8(to, step->coding);
        }
    }
}

static void write_part(GByteArray *to, const HthPicturePart *part)
{
    g_byte_array_append(to, part->digest.bytes, HTH_DIGEST_BYTES);
    hth_wire_write_varint(to, part->length);
    hth_wire_write_u8(to, (guint8)part->coding);
    hth_wire_write_u8(to, part->prefix_length);
    g_byte_array_append(to, part->prefix, part->prefix_length);
    hth_wire_write_varint(to, part->coded_offset);
}

static void write_cut(GByteArray *to, const HthOggCut *cut)
{
    hth_wire_write_u8(to, (guint8)cut->n_serials);
    for (guint i = 0; i < cut->n_serials; i++)
        hth_wire_write_u32(to, cut->old_serials[i]);
    hth_ogg_table_write(cut->table, to);
}

static void write_program(GByteArray *to, GBytes *program)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(program, &size);
    hth_wire_write_varint(to, size);
    g_byte_array_append(to, bytes, (guint)size);
}

/* Parts, renames, cuts and programs are in the order of the steps that use them: no index is
 * written. */
static GByteArray *encode_body(const HthRecipe *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u8(to, self->is_generic ? 1 : 0);
    hth_wire_write_varint(to, self->old_size);
    hth_wire_write_varint(to, self->new_size);
    hth_wire_write_varint(to, self->inline_bytes);
    hth_wire_write_varint(to, self->reference->len);
    guint64 expected = 0;
    for (guint i = 0; i < self->reference->len; i++) {
        const HthRange *range = &g_array_index(self->reference, HthRange, i);
        hth_wire_write_signed(to, (gint64)(range->offset - expected));
        hth_wire_write_varint(to, range->length);
        expected = range->offset + range->length;
    }
    write_steps(to, self->steps);
    for (guint i = 0; i < self->parts->len; i++)
        write_part(to, &g_array_index(self->parts, HthPicturePart, i));
    for (guint i = 0; i < self->renames->len; i++) {
        const HthOggRename *rename = &g_array_index(self->renames, HthOggRename, i);
        hth_wire_write_u32(to, rename->old_serial);
        hth_wire_write_u32(to, rename->new_serial);
        hth_wire_write_u32(to, rename->sequence_addend);
    }
    for (guint i = 0; i < self->cuts->len; i++)
        write_cut(to, &g_array_index(self->cuts, HthOggCut, i));
    for (guint i = 0; i < self->programs->len; i++)
        write_program(to, g_ptr_array_index(self->programs, i));
    return to;
}

static void append_bytes(GByteArray *to, GBytes *bytes)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    g_byte_array_append(to, data, (guint)size);
}

GBytes *hth_recipe_encode(const HthRecipe *self)
{
    g_autoptr(GByteArray) body = encode_body(self);
    g_autoptr(GBytes) packed = hth_pack(NULL, 0, body->data, body->len);
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u8(to, RECIPE_MARK);
    hth_wire_write_u8(to, RECIPE_ENCODING);
    hth_wire_write_varint(to, body->len);
    hth_wire_write_varint(to, g_bytes_get_size(packed));
    append_bytes(to, packed);
    if (self->inline_packed != NULL)
        append_bytes(to, self->inline_packed);
    return g_byte_array_free_to_bytes(to);
}

/* ---- Reading ---- */

static gboolean is_inside(guint64 offset, guint64 length, guint64 size)
{
    return offset <= size && length <= size - offset;
}

static gboolean read_reference(HthRecipe *self, HthWireReader *reader)
{
    const guint64 n = hth_wire_read_varint(reader);
    guint64 expected = 0;
    guint64 total = 0;
    for (guint64 i = 0; i < n && n <= REFERENCES_MAX; i++) {
        HthRange range = { .offset = expected + (guint64)hth_wire_read_signed(reader) };
        range.length = hth_wire_read_varint(reader);
        if (reader->has_failed || !is_inside(range.offset, range.length, self->old_size) ||
            range.length > HTH_RECIPE_REFERENCE_MAX - total)
            return FALSE;
        total += range.length;
        expected = range.offset + range.length;
        g_array_append_val(self->reference, range);
    }
    return n <= REFERENCES_MAX;
}

/* Kinds and lengths, which together make the new file. */
static gboolean read_outline(HthRecipe *self, HthWireReader *reader)
{
    const guint64 n = hth_wire_read_varint(reader);
    const guint8 *kinds = n <= HTH_RECIPE_STEPS_MAX ? hth_wire_read_bytes(reader, (gsize)n) : NULL;
    if (kinds == NULL)
        return FALSE;
    guint64 position = 0;
    guint64 inlined = 0;
    for (guint64 i = 0; i < n; i++) {
        const HthStep step = { .kind = kinds[i], .length = hth_wire_read_varint(reader) };
        if (step.kind >= HTH_N_STEP_KINDS || step.length == 0 ||
            step.length > self->new_size - position)
            return FALSE;
        position += step.length;
        inlined += step.kind == HTH_STEP_INLINE ? step.length : 0;
        g_array_append_val(self->steps, step);
    }
    return position == self->new_size && inlined == self->inline_bytes;
}

static gboolean read_old_ranges(HthRecipe *self, HthWireReader *reader)
{
    guint64 offsets_expected = 0;
    g_autofree guint64 *relative = g_new0(guint64, self->steps->len);
    for (guint i = 0; i < self->steps->len; i++) {
        if (hth_step_has_old(&g_array_index(self->steps, HthStep, i)))
            relative[i] = (guint64)hth_wire_read_signed(reader);
    }
    for (guint i = 0; i < self->steps->len; i++) {
        HthStep *step = &g_array_index(self->steps, HthStep, i);
        if (step->kind == HTH_STEP_OGG_PAGES) {
            step->n_renames = hth_wire_read_u8(reader);
            if (step->n_renames > HTH_OGG_STREAMS_MAX)
                return FALSE;
        } else if (step->kind == HTH_STEP_OGG_REPAGE) {
            step->extra = hth_wire_read_varint(reader);
        } else if (step->kind == HTH_STEP_OFFSETS) {
            step->coding = hth_wire_read_u8(reader);
            step->extra = (guint64)hth_wire_read_signed(reader);
            if (step->coding >= HTH_N_OFFSETS_CODINGS || step->length > HTH_LAYOUT_OFFSETS_MAX)
                return FALSE;
        } else if (step->kind == HTH_STEP_REFRAME) {
            step->coding = hth_wire_read_u8(reader);
        }
        if (!hth_step_has_old(step))
            continue;
        step->old_offset = offsets_expected + relative[i];
        if (!is_inside(step->old_offset, hth_step_old_length(step), self->old_size))
            return FALSE;
        offsets_expected = step->old_offset + hth_step_old_length(step);
    }
    return !reader->has_failed;
}

static gboolean read_part(HthRecipe *self, HthWireReader *reader, HthStep *step)
{
    HthPicturePart part = { 0 };
    const guint8 *digest = hth_wire_read_bytes(reader, HTH_DIGEST_BYTES);
    if (digest == NULL || self->parts->len == PARTS_MAX)
        return FALSE;
    memcpy(part.digest.bytes, digest, HTH_DIGEST_BYTES);
    const guint64 length = hth_wire_read_varint(reader);
    part.length = (guint32)length;
    part.coding = hth_wire_read_u8(reader);
    part.prefix_length = hth_wire_read_u8(reader);
    const guint8 *prefix = part.prefix_length <= sizeof part.prefix
                               ? hth_wire_read_bytes(reader, part.prefix_length)
                               : NULL;
    if (prefix == NULL)
        return FALSE;
    memcpy(part.prefix, prefix, part.prefix_length);
    part.coded_offset = hth_wire_read_varint(reader);
    step->index = self->parts->len;
    g_array_append_val(self->parts, part);
    return !reader->has_failed && length <= HTH_PICTURE_BYTES_MAX &&
           (guint)part.coding < HTH_N_PICTURE_CODINGS &&
           is_inside(part.coded_offset, step->length, hth_picture_coded_length(&part));
}

static gboolean read_renames(HthRecipe *self, HthWireReader *reader, HthStep *step)
{
    step->index = self->renames->len;
    if (self->renames->len + step->n_renames > RENAMES_MAX)
        return FALSE;
    for (guint i = 0; i < step->n_renames; i++) {
        HthOggRename rename = { .old_serial = hth_wire_read_u32(reader) };
        rename.new_serial = hth_wire_read_u32(reader);
        rename.sequence_addend = hth_wire_read_u32(reader);
        g_array_append_val(self->renames, rename);
    }
    return !reader->has_failed;
}

static gboolean read_cut(HthRecipe *self, HthWireReader *reader, HthStep *step)
{
    HthOggCut cut = { .n_serials = hth_wire_read_u8(reader) };
    if (cut.n_serials > HTH_OGG_STREAMS_MAX || self->cuts->len == CUTS_MAX)
        return FALSE;
    for (guint i = 0; i < cut.n_serials; i++)
        cut.old_serials[i] = hth_wire_read_u32(reader);
    cut.table = hth_ogg_table_read(reader);
    if (cut.table == NULL)
        return FALSE;
    step->index = self->cuts->len;
    g_array_append_val(self->cuts, cut);
    return cut.n_serials == hth_ogg_table_n_streams(cut.table);
}

static gboolean read_program(HthRecipe *self, HthWireReader *reader, HthStep *step)
{
    const guint64 size = hth_wire_read_varint(reader);
    const guint8 *bytes = size <= BODY_MAX ? hth_wire_read_bytes(reader, (gsize)size) : NULL;
    if (bytes == NULL)
        return FALSE;
    step->index = self->programs->len;
    g_ptr_array_add(self->programs, g_bytes_new(bytes, (gsize)size));
    return TRUE;
}

/* What the steps of a kind refer to, kind after kind. */
static gboolean read_attached(HthRecipe *self, HthWireReader *reader)
{
    static const struct {
        HthStepKind kind;
        gboolean (*read)(HthRecipe *self, HthWireReader *reader, HthStep *step);
    } rows[] = {
        { HTH_STEP_PICTURE, read_part },
        { HTH_STEP_OGG_PAGES, read_renames },
        { HTH_STEP_OGG_REPAGE, read_cut },
        { HTH_STEP_REFRAME, read_program },
    };
    for (guint row = 0; row < G_N_ELEMENTS(rows); row++) {
        for (guint i = 0; i < self->steps->len; i++) {
            HthStep *step = &g_array_index(self->steps, HthStep, i);
            if (step->kind == rows[row].kind && !rows[row].read(self, reader, step))
                return FALSE;
        }
    }
    return TRUE;
}

static HthRecipe *decode_body(const guint8 *bytes, gsize size)
{
    HthWireReader reader = HTH_WIRE_READER(bytes, size);
    g_autoptr(HthRecipe) self = hth_recipe_new(0, 0);
    self->is_generic = hth_wire_read_u8(&reader) != 0;
    self->old_size = hth_wire_read_varint(&reader);
    self->new_size = hth_wire_read_varint(&reader);
    self->inline_bytes = (gsize)hth_wire_read_varint(&reader);
    if (reader.has_failed || self->old_size > G_MAXINT64 || self->new_size > G_MAXINT64 ||
        self->inline_bytes > HTH_RECIPE_INLINE_MAX || !read_reference(self, &reader) ||
        !read_outline(self, &reader) || !read_old_ranges(self, &reader) ||
        !read_attached(self, &reader) || !hth_wire_reader_is_done(&reader))
        return NULL;
    return g_steal_pointer(&self);
}

HthRecipe *hth_recipe_decode(GBytes *bytes, GError **error)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    HthWireReader head = HTH_WIRE_READER(data, size);
    const guint8 mark = hth_wire_read_u8(&head);
    const guint8 encoding = hth_wire_read_u8(&head);
    const guint64 body_size = hth_wire_read_varint(&head);
    const guint64 packed_size = hth_wire_read_varint(&head);
    if (head.has_failed || mark != RECIPE_MARK || packed_size > size - head.position) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a recipe");
        return NULL;
    }
    if (encoding != RECIPE_ENCODING) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NEWER, "a recipe of a newer version");
        return NULL;
    }
    if (body_size > BODY_MAX || size > HTH_RECIPE_ENCODED_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "a recipe is too large");
        return NULL;
    }
    g_autofree guint8 *body = g_malloc(body_size);
    if (!hth_unpack(NULL, 0, data + head.position, (gsize)packed_size, body, body_size, error))
        return NULL;
    g_autoptr(HthRecipe) self = decode_body(body, body_size);
    if (self == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a recipe makes no sense");
        return NULL;
    }
    const gsize rest = head.position + (gsize)packed_size;
    if (self->inline_bytes > 0)
        self->inline_packed = g_bytes_new_from_bytes(bytes, rest, size - rest);
    return g_steal_pointer(&self);
}
