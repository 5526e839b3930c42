/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "media"
#include "media-routes.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "media/media-type.h"
#include "plugin-host.h"
#include "session-part.h"

#define ID_MAX_BYTES 200

static const guint picture_sizes[] = { 160, 640, 1024, 4096 };

char *hth_media_etag(gint64 size_bytes, gint64 mtime_ns, guint64 inode)
{
    return g_strdup_printf("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                           "x\"",
                           (guint64)size_bytes, (guint64)mtime_ns, inode);
}

/* "640.jpg" → 640, when it is one of the sizes. */
static gboolean parse_size(const char *text, guint *out_pixels)
{
    for (guint i = 0; i < G_N_ELEMENTS(picture_sizes); i++) {
        char name[16];
        g_snprintf(name, sizeof name, "%u.jpg", picture_sizes[i]);
        if (strcmp(text, name) == 0) {
            *out_pixels = picture_sizes[i];
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hth_media_parse_path(const char *path, char **out_id, guint *out_pixels)
{
    const gboolean is_artwork = g_str_has_prefix(path, "/a/");
    if (!is_artwork && !g_str_has_prefix(path, "/m/"))
        return FALSE;
    const char *id = path + strlen("/m/");
    const char *slash = strchr(id, '/');
    if (slash == NULL || slash == id || slash - id > ID_MAX_BYTES)
        return FALSE;
    const char *file = slash + 1;
    *out_pixels = 0;
    gboolean is_good;
    if (is_artwork)
        is_good = parse_size(file, out_pixels);
    else if (g_str_has_prefix(file, "jpeg-"))
        is_good = parse_size(file + strlen("jpeg-"), out_pixels);
    else
        is_good = g_str_has_prefix(file, "original.") && strchr(file, '/') == NULL;
    if (is_good)
        *out_id = g_strndup(id, (gsize)(slash - id));
    return is_good;
}

static void respond_gerror(HthHttpRequest *request, const GError *error)
{
    guint status = 500;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND))
        status = 404;
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE) ||
             g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
        status = 503;
    else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
        status = 403;
    /* What people of this computer may read in the log, a device need not know: paths. */
    hth_http_request_respond_error(request, status,
                                   status == 404   ? "There is no such media here."
                                   : status == 503 ? "The disk that holds this is away."
                                                   : "This could not be opened.");
    hth_log_debug("path=%s: %s", hth_http_request_path(request), error->message);
}

/* ---- What was sent ---- */

typedef struct {
    HthParts *parts;
    char *peer;
    char *item_id;
    guint64 first;
    guint64 size_bytes;
    gint64 duration_ms; /* of a video, else 0 */
    HthPlayFetch *fetch;
} Sending;

static void sending_free(gpointer pointer)
{
    Sending *sending = pointer;
    g_free(sending->peer);
    g_free(sending->item_id);
    g_free(sending);
}

static void on_sent(guint64 body_bytes, gboolean is_complete, gpointer data)
{
    const Sending *sending = data;
    hth_session_part_end(sending->parts, sending->fetch, body_bytes);
    const HthPlayGuess guess = hth_play_tracker_sent(sending->parts->plays, sending->peer,
                                                     sending->item_id, sending->first, body_bytes,
                                                     sending->size_bytes, sending->duration_ms);
    if (guess.is_play)
        hth_host_add_play(sending->parts->host, sending->item_id);
    if (guess.position_ms >= 0)
        hth_host_set_position(sending->parts->host, sending->item_id, guess.position_ms);
}

/* A person at this computer who fetches a file over the socket does not play it. */
static void follow(HthParts *parts, HthHttpRequest *request, const HthObject *object,
                   guint64 size_bytes)
{
    if (hth_http_request_peer(request) == NULL || hth_http_request_is_head(request) ||
        (object->class != HTH_OBJECT_MUSIC_TRACK && object->class != HTH_OBJECT_VIDEO))
        return;
    const HthPlayWhat what = { .kind = HTH_PLAYER_NETWORK,
                               .device = hth_http_request_peer_text(request),
                               .object = object,
                               .size_bytes = size_bytes };
    Sending *sending = g_new(Sending, 1);
    *sending = (Sending){
        .parts = parts,
        .peer = g_strdup(hth_http_request_peer_text(request)),
        .item_id = g_strdup(object->leaf_id),
        .first = hth_play_range_start(hth_http_request_header(request, "Range"), size_bytes),
        .size_bytes = size_bytes,
        .duration_ms = object->class == HTH_OBJECT_VIDEO ? object->duration_ms : 0,
        .fetch = hth_session_part_begin(parts, request, &what),
    };
    hth_http_request_on_finished(request, on_sent, sending, sending_free);
}

static void note(HthParts *parts, HthHttpRequest *request, const char *what, const char *got)
{
    GInetAddress *peer = hth_http_request_peer(request);
    if (peer == NULL)
        return;
    const char *range = hth_http_request_header(request, "Range");
    g_autofree char *asked = g_strdup_printf("%s %s%s%s", hth_http_request_method(request), what,
                                             range != NULL ? " " : "", range != NULL ? range : "");
    hth_device_registry_note(parts->devices, peer, asked, got);
}

/* ---- Originals ---- */

static void respond_original(HthParts *parts, HthHttpRequest *request, const HthObject *object,
                             int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        hth_http_request_respond_error(request, 500, "This could not be read.");
        return;
    }
    HthMediaAnswer answer = {
        .route = HTH_MEDIA_ROUTE_ITEM,
        .object = object,
        .content_type = hth_media_mime_type(object->format, object->kind),
    };
    if (!hth_host_run_media_hooks(parts->host, request, &answer)) {
        close(fd);
        g_free(answer.replaced_content_type);
        note(parts, request, object->title, "refused by a plugin");
        return;
    }
    g_autofree char *etag = hth_media_etag(
        info.st_size, info.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + info.st_mtim.tv_nsec,
        info.st_ino);
    follow(parts, request, object, (guint64)info.st_size);
    note(parts, request, object->title, "the file");
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = info.st_size,
        .mtime_unix_s = info.st_mtim.tv_sec,
        .etag = etag,
        .content_type = answer.replaced_content_type != NULL ? answer.replaced_content_type
                                                             : answer.content_type,
    };
    hth_http_request_respond_file(request, &file);
    g_free(answer.replaced_content_type);
}

static void serve_original(HthParts *parts, HthHttpRequest *request, const char *leaf_id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthObject) object = NULL;
    const int fd = hth_library_open_item(parts->library, leaf_id, &object, &error);
    if (fd < 0) {
        note(parts, request, leaf_id, error->message);
        respond_gerror(request, error);
        return;
    }
    respond_original(parts, request, object, fd);
}

/* ---- Pictures ---- */

typedef struct {
    HthParts *parts;
    HthHttpRequest *request;
} Picturing;

static void on_picture(int fd, gint64 size_bytes, const char *etag, const GError *error,
                       gpointer data)
{
    g_autofree Picturing *picturing = data;
    if (fd < 0) {
        respond_gerror(picturing->request, error);
        return;
    }
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = size_bytes,
        .etag = etag,
        .content_type = "image/jpeg",
    };
    hth_http_request_respond_file(picturing->request, &file);
}

static void serve_picture(HthParts *parts, HthHttpRequest *request, const char *id, guint pixels)
{
    HthMediaAnswer answer = { .route = HTH_MEDIA_ROUTE_ARTWORK, .content_type = "image/jpeg" };
    const gboolean goes_on = hth_host_run_media_hooks(parts->host, request, &answer);
    g_free(answer.replaced_content_type); /* a JPEG is a JPEG */
    if (!goes_on)
        return;
    Picturing *picturing = g_new(Picturing, 1);
    *picturing = (Picturing){ .parts = parts, .request = request };
    hth_http_request_add_header(request, "Cache-Control", "max-age=3600");
    hth_http_request_defer(request);
    hth_library_picture(parts->library, id, pixels, on_picture, picturing);
}

static gboolean refuse_by_policy(HthParts *parts, HthHttpRequest *request)
{
    GInetAddress *peer = hth_http_request_peer(request);
    const HthDevicePolicy policy =
        peer != NULL ? hth_host_device_policy(parts->host, peer) : HTH_DEVICE_ALLOWED;
    if (policy == HTH_DEVICE_ALLOWED)
        return FALSE;
    const gboolean waits = policy == HTH_DEVICE_WAITING;
    note(parts, request, hth_http_request_path(request),
         waits ? "403: it waits to be allowed" : "403: it is hidden");
    hth_http_request_respond_error(request, 403,
                                   waits ? "This device waits for the household's permission."
                                         : "This device is not allowed to see this home's media.");
    return TRUE;
}

static void serve(HthHttpRequest *request, gpointer data)
{
    HthParts *parts = data;
    g_autofree char *id = NULL;
    guint pixels = 0;
    if (refuse_by_policy(parts, request))
        return;
    if (!hth_media_parse_path(hth_http_request_path(request), &id, &pixels))
        hth_http_request_respond_error(request, 404, "There is no such media here.");
    else if (pixels > 0)
        serve_picture(parts, request, id, pixels);
    else
        serve_original(parts, request, id);
}

const HthHttpRoute *hth_media_routes(guint *out_n_routes)
{
    static const HthHttpRoute routes[] = {
        { HTH_HTTP_GET, "/m/", serve, 0 },
        { HTH_HTTP_GET, "/a/", serve, 0 },
    };
    *out_n_routes = G_N_ELEMENTS(routes);
    return routes;
}
