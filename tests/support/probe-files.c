/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends files through the pool and prints what comes back, a JSON object a line, in their order.
 *
 *     probe-files WORKER [OPTION…] FILE…
 *     --workers N    --deadline MS   --quiet (only a summary)   --list FILE (names from a file)
 *     --picture N    makes FILE.N.jpg beside nothing: in --out DIR, named by its position
 */
#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "media/media-type.h"
#include "worker-pool.h"

typedef struct {
    HthWorkerPool *pool;
    GMainLoop *loop;
    GPtrArray *names;
    char **lines; /* an answer a file */
    guint n_sent, n_answered, n_good;
    gboolean is_quiet;
    int max_pixels; /* -1: probe */
    const char *out_dir;
} Run;

typedef struct {
    Run *run;
    guint index;
} Slot;

static void send_more(Run *run);

static void finish(Slot *slot, JsonBuilder *json)
{
    Run *run = slot->run;
    json_builder_end_object(json);
    if (!run->is_quiet) {
        g_autoptr(JsonNode) root = json_builder_get_root(json);
        run->lines[slot->index] = json_to_string(root, FALSE);
    }
    g_free(slot);
    if (++run->n_answered == run->names->len)
        g_main_loop_quit(run->loop);
    else
        send_more(run);
}

static void add_string(JsonBuilder *json, const char *name, const char *value)
{
    json_builder_set_member_name(json, name);
    if (value != NULL)
        json_builder_add_string_value(json, value);
    else
        json_builder_add_null_value(json);
}

static void add_number(JsonBuilder *json, const char *name, double value)
{
    json_builder_set_member_name(json, name);
    if (isnan(value))
        json_builder_add_null_value(json);
    else
        json_builder_add_double_value(json, value);
}

static void add_list(JsonBuilder *json, const char *name, GPtrArray *list)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
    for (guint i = 0; i < list->len; i++) {
        g_autofree char *text = g_utf8_make_valid(list->pdata[i], -1);
        json_builder_add_string_value(json, text);
    }
    json_builder_end_array(json);
}

static void add_error(JsonBuilder *json, const GError *error)
{
    add_string(json, "error", error->message);
    add_number(json, "code", error->code);
}

static void add_tags(JsonBuilder *json, const HthMediaInfo *info)
{
    add_string(json, "title", info->title);
    add_list(json, "artists", info->artists);
    add_list(json, "album_artists", info->album_artists);
    add_list(json, "composers", info->composers);
    add_list(json, "genres", info->genres);
    add_string(json, "album", info->album);
    add_string(json, "date", info->date);
    add_string(json, "original_date", info->original_date);
    add_string(json, "comment", info->comment);
    add_number(json, "track", info->track);
    add_number(json, "track_total", info->track_total);
    add_number(json, "disc", info->disc);
    add_number(json, "disc_total", info->disc_total);
    add_number(json, "is_compilation", info->is_compilation);
    add_number(json, "has_lyrics", info->has_lyrics);
    add_number(json, "replaygain_track_db", info->replaygain_track_db);
    add_number(json, "replaygain_album_db", info->replaygain_album_db);
    add_string(json, "musicbrainz_recording_id", info->musicbrainz_recording_id);
    add_string(json, "musicbrainz_album_id", info->musicbrainz_album_id);
    add_string(json, "musicbrainz_artist_id", info->musicbrainz_artist_id);
    add_string(json, "musicbrainz_album_artist_id", info->musicbrainz_album_artist_id);
}

static void add_technical(JsonBuilder *json, const HthMediaInfo *info)
{
    add_number(json, "kind", info->kind);
    add_number(json, "format", info->format);
    add_string(json, "mime", hth_media_mime_type(info->format, info->kind));
    add_number(json, "duration_ms", (double)info->duration_ms);
    add_number(json, "bitrate_bps", info->bitrate_bps);
    add_string(json, "audio_codec", info->audio_codec);
    add_string(json, "video_codec", info->video_codec);
    add_string(json, "video_profile", info->video_profile);
    add_number(json, "video_level", info->video_level);
    add_number(json, "sample_rate_hz", info->sample_rate_hz);
    add_number(json, "channels", info->channels);
    add_number(json, "bits_per_sample", info->bits_per_sample);
    add_number(json, "width", info->width);
    add_number(json, "height", info->height);
    add_number(json, "frame_rate", info->frame_rate);
    add_number(json, "n_audio_streams", info->n_audio_streams);
    add_number(json, "is_interlaced", info->is_interlaced);
    add_number(json, "orientation", info->orientation);
    add_string(json, "camera", info->camera);
    add_number(json, "latitude", info->latitude);
    add_number(json, "longitude", info->longitude);
    add_list(json, "playlist_entries", info->playlist_entries);
    g_autofree char *digest = hth_hex_encode(info->artwork_digest, sizeof info->artwork_digest);
    add_string(json, "artwork", info->has_artwork ? digest : NULL);
}

static void on_probed(HthMediaInfo *info, const GError *error, gpointer data)
{
    g_autoptr(HthMediaInfo) owned = info;
    Slot *slot = data;
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    if (info == NULL) {
        add_error(json, error);
    } else {
        slot->run->n_good++;
        add_technical(json, info);
        add_tags(json, info);
    }
    finish(slot, json);
}

static void on_pictured(GBytes *jpeg, const GError *error, gpointer data)
{
    Slot *slot = data;
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    if (jpeg == NULL) {
        add_error(json, error);
    } else {
        slot->run->n_good++;
        g_autofree char *path = g_strdup_printf("%s/%u.jpg", slot->run->out_dir, slot->index);
        gsize size = 0;
        const char *bytes = g_bytes_get_data(jpeg, &size);
        if (slot->run->out_dir != NULL)
            g_file_set_contents(path, bytes, (gssize)size, NULL);
        add_string(json, "path", path);
        add_number(json, "size", (double)size);
    }
    finish(slot, json);
}

static void send_more(Run *run)
{
    while (run->n_sent < run->names->len && run->n_sent - run->n_answered < 60 &&
           hth_worker_pool_room(run->pool) > 0) {
        const char *name = run->names->pdata[run->n_sent];
        const int fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            fprintf(stderr, "%s: %s\n", name, g_strerror(errno));
            exit(1);
        }
        Slot *slot = g_new(Slot, 1);
        *slot = (Slot){ run, run->n_sent++ };
        const HthMediaFormat format = hth_media_format_from_name(name);
        if (run->max_pixels >= 0)
            hth_worker_pool_picture(run->pool, fd, format, (guint)run->max_pixels, on_pictured,
                                    slot);
        else
            hth_worker_pool_probe(run->pool, fd, format, on_probed, slot);
    }
}

static void read_list(GPtrArray *names, const char *path)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        exit(1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0')
            g_ptr_array_add(names, g_strdup(lines[i]));
    }
}

static void report(Run *run, gint64 start_us)
{
    HthWorkerPoolStatus status;
    hth_worker_pool_status(run->pool, &status);
    for (guint i = 0; !run->is_quiet && i < run->names->len; i++)
        puts(run->lines[i]);
    fprintf(stderr, "files=%u good=%u died=%u killed=%u ms=%.1f sandbox=%s\n", run->names->len,
            run->n_good, (guint)status.n_died, (guint)status.n_killed,
            (double)(g_get_monotonic_time() - start_us) / 1000, status.sandbox);
    g_free(status.sandbox);
}

int main(int argc, char **argv)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Run run = { .names = names, .max_pixels = -1 };
    HthWorkerPoolOptions options = { .program = argc > 1 ? argv[1] : "" };
    for (int i = 2; i < argc; i++) {
        const gboolean has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--workers") == 0)
            options.n_workers = (guint)atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--deadline") == 0)
            options.deadline_ms = (guint)atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--picture") == 0)
            run.max_pixels = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--out") == 0)
            run.out_dir = argv[++i];
        else if (has_value && strcmp(argv[i], "--list") == 0)
            read_list(names, argv[++i]);
        else if (strcmp(argv[i], "--quiet") == 0)
            run.is_quiet = TRUE;
        else
            g_ptr_array_add(names, g_strdup(argv[i]));
    }
    if (names->len == 0)
        return 1;
    run.lines = g_new0(char *, names->len + 1);
    run.loop = g_main_loop_new(NULL, FALSE);
    run.pool = hth_worker_pool_new(&options);
    const gint64 start_us = g_get_monotonic_time();
    send_more(&run);
    g_main_loop_run(run.loop);
    report(&run, start_us);
    hth_worker_pool_free(run.pool);
    g_main_loop_unref(run.loop);
    for (guint i = 0; i < names->len; i++)
        g_free(run.lines[i]);
    g_free(run.lines);
    return 0;
}
