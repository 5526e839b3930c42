/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/rendition-view.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "media/layout.h"
#include "rendition/rendition.h"

/* For estimates: the bits of a second of video, the bytes of a photo's pixel, a cover. */
#define VIDEO_BPS       2500000
#define PIXELS_PER_BYTE 3
#define COVER_BYTES     100000

struct HthRenditionView {
    HthParts *parts;
    HthLayoutFeed *feed;
};

typedef struct {
    char id[HTH_TEXT_ID_LENGTH + 1];
    HthRenditionWish wish;
} Asked;

static void ask_for(guint64 item, const char *rendition, guint64 revision, Asked *out)
{
    hth_text_id_encode(item, out->id);
    out->wish = (HthRenditionWish){ out->id, .profile = rendition, .revision = revision };
}

/* ---- A look ---- */

/* What it will be, about; never more than the original is. */
static gint64 estimate(const HthRenditionProfile *profile, const HthSyncItem *item)
{
    const gint64 seconds = item->duration_ms / 1000;
    gint64 size = 0;
    if (profile->kind == HTH_MEDIA_PHOTO)
        size = (gint64)profile->max_width * profile->max_height / PIXELS_PER_BYTE;
    else if (seconds > 0)
        size = seconds * (profile->bitrate_bps + (profile->max_width > 0 ? VIDEO_BPS : 0)) / 8 +
               COVER_BYTES;
    return size > 0 ? MIN(size, item->size_bytes) : item->size_bytes;
}

/* Why this computer can't make @profile at all; NULL: it can, or it is not known yet. New. */
static char *no_encoder(HthRenditions *renditions, const HthRenditionProfile *profile)
{
    g_autoptr(GPtrArray) offers = hth_renditions_offers(renditions);
    for (guint i = 0; offers != NULL && i < offers->len; i++) {
        const HthRenditionOffer *offer = offers->pdata[i];
        if (offer->profile == profile && !offer->is_offered)
            return g_strdup_printf("%s can't be made here: %s", profile->name,
                                   offer->problem != NULL ? offer->problem : "no encoder");
    }
    return NULL;
}

/* Another number for each original and profile, until the real one is known. */
static guint64 guess_revision(const HthRenditionProfile *profile, guint64 original)
{
    return hth_sync_revision(original, (gint64)g_str_hash(profile->name), 0, 0);
}

static void look(HthRenditions *renditions, const HthRenditionProfile *profile, HthSyncItem *item,
                 char **out_problem)
{
    Asked asked;
    g_auto(HthRendition) found = HTH_RENDITION_INIT;
    ask_for(item->id, profile->name, item->revision, &asked);
    asked.wish.is_lookup = TRUE;
    const gboolean is_known = hth_renditions_request(renditions, &asked.wish, &found, NULL);
    const gboolean is_made =
        is_known && (found.state == HTH_RENDITION_READY || found.state == HTH_RENDITION_KNOWN);
    item->size_bytes = is_made ? found.size_bytes : estimate(profile, item);
    item->revision =
        is_made && !found.is_stale ? found.revision : guess_revision(profile, item->revision);
    item->is_waiting = !is_known || found.state != HTH_RENDITION_READY;
    if (is_known && found.state == HTH_RENDITION_FAILED)
        *out_problem =
            g_strdup_printf("can't be converted to %s: %s", profile->name,
                            found.problem != NULL ? found.problem : "no reason is known");
    else if (item->is_waiting)
        *out_problem = no_encoder(renditions, profile);
}

void hth_rendition_view_adjust(HthRenditionView *self, const char *rendition, HthSyncItem *item,
                               char **out_problem)
{
    const HthRenditionProfile *profile = hth_rendition_profile_find(rendition);
    *out_problem = NULL;
    if (profile == NULL)
        return;
    item->rendition = profile->name;
    item->extension = profile->extension;
    if (self->parts->renditions != NULL) {
        look(self->parts->renditions, profile, item, out_problem);
    } else {
        item->revision = guess_revision(profile, item->revision);
        *out_problem = g_strdup("nothing can be converted at home: hearthd's log says why");
    }
    item->problem = *out_problem;
    item->is_waiting = item->is_waiting && item->problem == NULL;
}

/* ---- Bytes ---- */

static HthMediaFormat format_of(const HthRenditionProfile *profile)
{
    static const HthMediaFormat formats[HTH_N_RENDITION_CODECS] = {
        [HTH_RENDITION_OPUS] = HTH_FORMAT_OGG,  [HTH_RENDITION_AAC] = HTH_FORMAT_MP4,
        [HTH_RENDITION_MP3] = HTH_FORMAT_MP3,   [HTH_RENDITION_H264] = HTH_FORMAT_MP4,
        [HTH_RENDITION_JPEG] = HTH_FORMAT_JPEG,
    };
    return formats[profile->codec];
}

static int unavailable(const char *rendition, const char *why, GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the rendition %s is not there: %s",
                rendition, why);
    return -1;
}

int hth_rendition_view_open(HthRenditionView *self, guint64 item, const char *rendition,
                            HthMediaFormat *out_format, guint64 *out_revision, GError **error)
{
    const HthRenditionProfile *profile = hth_rendition_profile_find(rendition);
    if (profile == NULL || self->parts->renditions == NULL)
        return unavailable(rendition, "nothing can be converted", error);
    Asked asked;
    g_auto(HthRendition) found = HTH_RENDITION_INIT;
    ask_for(item, rendition, 0, &asked);
    asked.wish.is_urgent = TRUE;
    if (!hth_renditions_request(self->parts->renditions, &asked.wish, &found, error))
        return -1;
    if (found.state != HTH_RENDITION_READY)
        return unavailable(rendition, found.problem != NULL ? found.problem : "it is being made",
                           error);
    *out_format = format_of(profile);
    *out_revision = found.revision;
    const int fd = found.fd;
    found.fd = -1;
    return fd;
}

/* ---- Asking for one ---- */

static gint64 ns_of(struct timespec time)
{
    return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The original's revision as it is now; 0: it can't be looked at. */
static guint64 original_revision(HthRenditionView *self, guint64 item)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    struct stat info;
    hth_text_id_encode(item, id);
    const int fd = hth_library_open_item(self->parts->library, id, NULL, NULL);
    if (fd < 0)
        return 0;
    const gboolean is_good = fstat(fd, &info) == 0;
    close(fd);
    return is_good ? hth_sync_revision(info.st_ino, info.st_size, ns_of(info.st_mtim),
                                       ns_of(info.st_ctim))
                   : 0;
}

/* A photo has none: its tags are between its bytes. */
static gboolean needs_essence(const HthRenditionProfile *profile)
{
    return profile->kind != HTH_MEDIA_PHOTO;
}

/* Whether the essence is known by now; else it is being found out. */
static gboolean has_essence(HthRenditionView *self, guint64 item, guint64 revision)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    g_autoptr(GBytes) layout = NULL;
    hth_text_id_encode(item, id);
    if (hth_renditions_knows(self->parts->renditions, id, revision))
        return TRUE;
    if (hth_layout_feed_layout(self->feed, item, HTH_SYNC_ORIGINAL, revision, &layout, NULL) !=
        HTH_SYNC_NEVER)
        return FALSE;
    hth_renditions_learn(self->parts->renditions, id, revision, NULL);
    return TRUE;
}

gboolean hth_rendition_view_make(HthRenditionView *self, guint64 item, const char *rendition,
                                 gboolean is_urgent)
{
    const HthRenditionProfile *profile = hth_rendition_profile_find(rendition);
    const guint64 revision = profile != NULL ? original_revision(self, item) : 0;
    if (revision == 0 || self->parts->renditions == NULL)
        return TRUE; /* the next one may be luckier */
    if (needs_essence(profile) && !has_essence(self, item, revision))
        return hth_layout_feed_n_jobs(self->feed) < HTH_LAYOUT_FEED_MAX / 2;
    Asked asked;
    g_auto(HthRendition) found = HTH_RENDITION_INIT;
    g_autoptr(GError) error = NULL;
    ask_for(item, rendition, revision, &asked);
    asked.wish.is_urgent = is_urgent;
    if (hth_renditions_request(self->parts->renditions, &asked.wish, &found, &error))
        return TRUE;
    hth_log_debug("no rendition: %s", error->message);
    return !g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY);
}

gboolean hth_rendition_view_is_current(HthRenditionView *self, guint64 item, const char *rendition,
                                       guint64 revision)
{
    const guint64 original = original_revision(self, item);
    Asked asked;
    ask_for(item, rendition, original, &asked);
    return original != 0 && self->parts->renditions != NULL &&
           hth_renditions_is_current(self->parts->renditions, &asked.wish, revision);
}

void hth_rendition_view_learn(HthRenditionView *self, guint64 item, guint64 revision,
                              const HthLayout *layout)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(item, id);
    if (self->parts->renditions != NULL)
        hth_renditions_learn(self->parts->renditions, id, revision,
                             layout != NULL && layout->has_essence ? &layout->essence : NULL);
}

HthRenditionView *hth_rendition_view_new(HthParts *parts, HthLayoutFeed *feed)
{
    HthRenditionView *self = g_new(HthRenditionView, 1);
    *self = (HthRenditionView){ parts, feed };
    return self;
}

void hth_rendition_view_free(HthRenditionView *self)
{
    g_free(self);
}
