/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/title-index.h"

#include <stdatomic.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const HthStaticContainer lists[HTH_N_TITLES] = {
    [HTH_TITLES_TRACKS] = HTH_STATIC_MUSIC_ALL,      [HTH_TITLES_VIDEOS] = HTH_STATIC_VIDEO_ALL,
    [HTH_TITLES_PHOTOS] = HTH_STATIC_PHOTO_ALL,      [HTH_TITLES_ALBUMS] = HTH_STATIC_MUSIC_ALBUMS,
    [HTH_TITLES_ARTISTS] = HTH_STATIC_MUSIC_ARTISTS, [HTH_TITLES_GENRES] = HTH_STATIC_MUSIC_GENRES,
};

typedef struct {
    gatomicrefcount references;
    guint64 version; /* of the titles, when it was begun */
    char *text;      /* with 16 bytes of room behind it for wide reads */
    gsize length;
    guint n_rows;
    guint32 *rows;
    guint32 *starts; /* of each title in text */
} Titles;

struct HthTitleIndex {
    GMutex lock; /* guards titles */
    Titles *titles[HTH_N_TITLES];
    GMutex making[HTH_N_TITLES]; /* held by the one thread that makes it */
    atomic_uint_least64_t version[HTH_N_TITLES];
};

static void titles_unref(Titles *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->references))
        return;
    g_free(self->text);
    g_free(self->rows);
    g_free(self->starts);
    g_free(self);
}

HthTitleIndex *hth_title_index_new(void)
{
    HthTitleIndex *self = g_new0(HthTitleIndex, 1);
    g_mutex_init(&self->lock);
    for (guint i = 0; i < HTH_N_TITLES; i++) {
        g_mutex_init(&self->making[i]);
        atomic_init(&self->version[i], 1);
    }
    return self;
}

void hth_title_index_free(HthTitleIndex *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < HTH_N_TITLES; i++) {
        titles_unref(self->titles[i]);
        g_mutex_clear(&self->making[i]);
    }
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_title_index_drop(HthTitleIndex *self, HthStaticContainer container)
{
    for (guint i = 0; i < HTH_N_TITLES; i++) {
        if (lists[i] == container)
            atomic_fetch_add(&self->version[i], 1);
    }
}

static Titles *make(HthTitles kind, guint64 version, HthTitleRead read, gpointer data)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint32));
    GString *text = g_string_new(NULL);
    Titles *self = g_new0(Titles, 1);
    g_atomic_ref_count_init(&self->references);
    self->version = read(kind, rows, text, data) ? version : 0;
    self->length = text->len;
    for (guint i = 0; i < 16; i++)
        g_string_append_c(text, '\0');
    self->text =
        g_realloc(g_string_free(text, FALSE), self->length + 16); /* without its spare room */
    self->n_rows = rows->len;
    self->starts = g_new(guint32, rows->len + 1);
    const char *position = self->text;
    for (guint i = 0; i < rows->len; i++) {
        self->starts[i] = (guint32)(position - self->text);
        position = (const char *)memchr(position, '\n', self->length) + 1;
    }
    self->starts[rows->len] = (guint32)self->length;
    self->rows = (guint32 *)(void *)g_array_steal(rows, NULL);
    return self;
}

static Titles *current(HthTitleIndex *self, HthTitles kind)
{
    g_mutex_lock(&self->lock);
    Titles *titles = self->titles[kind];
    if (titles != NULL)
        g_atomic_ref_count_inc(&titles->references);
    g_mutex_unlock(&self->lock);
    return titles;
}

static Titles *acquire(HthTitleIndex *self, HthTitles kind, HthTitleRead read, gpointer data)
{
    Titles *titles = current(self, kind);
    const guint64 version = atomic_load(&self->version[kind]);
    if (titles != NULL && titles->version == version)
        return titles;
    /* With an old one at hand only one thread makes the new; without, all wait for it. */
    if (titles != NULL && !g_mutex_trylock(&self->making[kind]))
        return titles;
    if (titles == NULL)
        g_mutex_lock(&self->making[kind]);
    titles_unref(titles);
    titles = current(self, kind);
    if (titles == NULL || titles->version != atomic_load(&self->version[kind])) {
        titles_unref(titles);
        titles = make(kind, atomic_load(&self->version[kind]), read, data);
        g_atomic_ref_count_inc(&titles->references);
        g_mutex_lock(&self->lock);
        Titles *old = self->titles[kind];
        self->titles[kind] = titles;
        g_mutex_unlock(&self->lock);
        titles_unref(old);
    }
    g_mutex_unlock(&self->making[kind]);
    return titles;
}

/* The next place of @needle in @text from @from on; -1: none. */
static gssize find(const char *text, gsize length, gsize from, const char *needle, gsize size)
{
#ifdef __SSE2__
    /* Sixteen places at a time: where the first and the last letter both fit, the rest is compared.
     */
    const __m128i first = _mm_set1_epi8(needle[0]);
    const __m128i last = _mm_set1_epi8(needle[size - 1]);
    for (gsize i = from; i + size <= length; i += 16) {
        const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(text + i + size - 1));
        guint mask = (guint)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));
        while (mask != 0) {
            const gsize at = i + (gsize)__builtin_ctz(mask);
            if (at + size <= length && memcmp(text + at, needle, size) == 0)
                return (gssize)at;
            mask &= mask - 1;
        }
    }
    return -1;
#else
    const char *found = from < length ? memmem(text + from, length - from, needle, size) : NULL;
    return found != NULL ? found - text : -1;
#endif
}

/* The title that holds the place @position, at or after @from: found by doubling steps, because the
 * next hit is mostly near. */
static guint row_at(const Titles *titles, guint from, gsize position)
{
    guint low = from, step = 1;
    while (low + step < titles->n_rows && titles->starts[low + step] <= position) {
        low += step;
        step *= 2;
    }
    guint high = MIN(low + step, titles->n_rows);
    while (high - low > 1) {
        const guint middle = low + (high - low) / 2;
        if (titles->starts[middle] <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void hth_title_index_search(HthTitleIndex *self, HthTitles kind, HthRefKind children,
                            const char *folded, GArray *refs, HthTitleRead read, gpointer data)
{
    g_return_if_fail(kind < HTH_N_TITLES);
    const gsize size = strlen(folded);
    if (size == 0 || strchr(folded, '\n') != NULL)
        return;
    Titles *titles = acquire(self, kind, read, data);
    guint row = 0;
    for (gssize at = 0; (at = find(titles->text, titles->length, (gsize)at, folded, size)) >= 0;) {
        row = row_at(titles, row, (gsize)at);
        const HthObjectRef ref = hth_ref(children, titles->rows[row]);
        g_array_append_val(refs, ref);
        at = titles->starts[++row];
        if (row == titles->n_rows)
            break;
    }
    titles_unref(titles);
}
