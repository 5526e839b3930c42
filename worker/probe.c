/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"

#include <gnutls/crypto.h>

#include "av.h"
#include "base/error.h"
#include "id3.h"
#include "media/playlist.h"
#include "mpeg-audio.h"
#include "photo.h"
#include "sniff.h"
#include "xiph.h"

#define FRONT_COVER 3

void hth_probe_clear(HthProbe *probe)
{
    g_clear_pointer(&probe->info, hth_media_info_free);
    g_clear_pointer(&probe->picture, g_bytes_unref);
}

void hth_probe_offer_picture(HthProbe *probe, guint type, const guint8 *bytes, gsize size_bytes)
{
    const guint rank = type == FRONT_COVER ? 2 : 1;
    if (size_bytes == 0 || size_bytes > HTH_PROBE_PICTURE_MAX || rank <= probe->picture_rank)
        return;
    g_clear_pointer(&probe->picture, g_bytes_unref);
    probe->picture = g_bytes_new(bytes, size_bytes);
    probe->picture_rank = rank;
}

static gboolean read_playlist(HthProbe *probe, HthMediaFormat format)
{
    g_autoptr(GByteArray) bytes = hth_source_read_block(probe->source, 0, HTH_PLAYLIST_BYTES_MAX);
    g_autoptr(GPtrArray) entries = hth_playlist_parse(bytes->data, bytes->len, format, NULL);
    for (guint i = 0; i < entries->len; i++) {
        HthPlaylistEntry *entry = entries->pdata[i];
        g_ptr_array_add(probe->info->playlist_entries, g_steal_pointer(&entry->path));
    }
    probe->info->kind = HTH_MEDIA_PLAYLIST;
    probe->info->format = format;
    return TRUE;
}

/* Ogg with video or several streams is left to libavformat. */
static gboolean read_ogg(HthProbe *probe, GError **error)
{
    g_autoptr(GError) own_error = NULL;
    if (hth_ogg_read(probe, &own_error))
        return TRUE;
    if (!g_error_matches(own_error, HTH_ERROR, HTH_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&own_error));
        return FALSE;
    }
    hth_media_info_free(probe->info);
    probe->info = hth_media_info_new();
    return hth_av_probe(probe, HTH_FORMAT_OGG, error);
}

static gboolean read_flac(HthProbe *probe, GError **error)
{
    const gsize tag = hth_id3_tag_size(probe->source->head, probe->source->head_bytes);
    return hth_flac_read(probe, (gint64)tag, error);
}

static gboolean read_format(HthProbe *probe, HthMediaFormat format, GError **error)
{
    switch (format) {
    case HTH_FORMAT_MP3:
        return hth_mpeg_audio_read(probe, error);
    case HTH_FORMAT_FLAC:
        return read_flac(probe, error);
    case HTH_FORMAT_OGG:
        return read_ogg(probe, error);
    case HTH_FORMAT_JPEG:
    case HTH_FORMAT_PNG:
    case HTH_FORMAT_WEBP:
    case HTH_FORMAT_GIF:
    case HTH_FORMAT_TIFF:
    case HTH_FORMAT_HEIF:
    case HTH_FORMAT_BMP:
        return hth_photo_read(probe, format, error);
    case HTH_FORMAT_M3U:
    case HTH_FORMAT_M3U8:
    case HTH_FORMAT_PLS:
        return read_playlist(probe, format);
    case HTH_FORMAT_SRT:
    case HTH_FORMAT_VTT:
    case HTH_FORMAT_ASS:
        probe->info->kind = HTH_MEDIA_SUBTITLE;
        probe->info->format = format;
        return TRUE;
    case HTH_FORMAT_UNKNOWN:
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a media file of a known format");
        return FALSE;
    default:
        return hth_av_probe(probe, format, error);
    }
}

gboolean hth_probe_run(HthProbe *probe, HthSource *source, HthMediaFormat hint, GError **error)
{
    *probe = (HthProbe){ .source = source, .info = hth_media_info_new() };
    if (!read_format(probe, hth_sniff(source, hint), error))
        return FALSE;
    if (probe->picture != NULL) {
        gsize size = 0;
        const void *bytes = g_bytes_get_data(probe->picture, &size);
        probe->info->has_artwork =
            gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, size, probe->info->artwork_digest) == 0;
    }
    return TRUE;
}
