/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "media"
#include "locker/device-media.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "locker/device-media-path.h"
#include "media-routes.h"
#include "media/media-type.h"
#include "pairing/device-listener.h"
#include "session-part.h"

/* With it and the size a device knows whether its path is wide enough (docs/away.md). */
#define DURATION_HEADER "Hearth-Duration-Ms"

/* A conversion of one track takes about so long. */
#define MADE_S "3"

static void respond_gerror(HthHttpRequest *request, const GError *error)
{
    hth_log_debug("path=%s: %s", hth_http_request_path(request), error->message);
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND) ||
        g_error_matches(error, HTH_ERROR, HTH_ERROR_INVALID))
        hth_device_respond_problem(request, 404, "not-found", "There is no such media here.");
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE))
        hth_device_respond_problem(request, 503, "unavailable",
                                   "The disk that holds this is away.");
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED))
        hth_device_respond_problem(request, 404, "unsupported", error->message);
    else
        hth_device_respond_problem(request, 500, "failed", "This could not be opened.");
}

static void add_duration(HthHttpRequest *request, gint64 duration_ms)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, duration_ms);
    if (duration_ms > 0)
        hth_http_request_add_header(request, DURATION_HEADER, text);
}

/* Who asks, and by which way. */
typedef struct {
    const HthDeviceDoor *door;
    const char *device;
} Asker;

static void follow(const Asker *asker, HthHttpRequest *request, const HthObject *object,
                   gint64 size_bytes, const char *conversion)
{
    const HthPlayWhat what = { .kind = HTH_PLAYER_PAIRED,
                               .device = asker->device,
                               .is_relay = asker->door->is_relay,
                               .conversion = conversion,
                               .object = object,
                               .size_bytes = (guint64)size_bytes };
    hth_session_part_follow(asker->door->parts, request, &what);
}

static void answer_original(const Asker *asker, HthHttpRequest *request, const char *item)
{
    HthParts *parts = asker->door->parts;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthObject) object = NULL;
    struct stat info;
    const int fd = hth_library_open_item(parts->library, item, &object, &error);
    if (fd < 0) {
        respond_gerror(request, error);
        return;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        hth_device_respond_problem(request, 500, "failed", "This could not be read.");
        return;
    }
    g_autofree char *etag = hth_media_etag(
        info.st_size, info.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + info.st_mtim.tv_nsec,
        info.st_ino);
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = info.st_size,
        .mtime_unix_s = info.st_mtim.tv_sec,
        .etag = etag,
        .content_type = hth_media_mime_type(object->format, object->kind),
    };
    add_duration(request, object->duration_ms);
    follow(asker, request, object, info.st_size, NULL);
    hth_http_request_respond_file(request, &file);
}

static void respond_unmade(HthHttpRequest *request, const HthRendition *found)
{
    if (found->state == HTH_RENDITION_FAILED) {
        hth_device_respond_problem(request, 404, "unsupported",
                                   found->problem != NULL ? found->problem
                                                          : "This can't be converted.");
        return;
    }
    hth_http_request_add_header(request, "Retry-After", MADE_S);
    hth_device_respond_problem(request, 503, "converting",
                               "This is being converted; ask again in a moment.");
}

/* What is played is the item; one that has gone since is not followed. */
static void follow_rendition(const Asker *asker, HthHttpRequest *request, const char *item,
                             const HthRenditionProfile *profile, gint64 size_bytes)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(asker->door->parts->library);
    g_autoptr(HthObject) object = hth_reader_object(reader, item, NULL, NULL);
    if (object != NULL)
        follow(asker, request, object, size_bytes, profile->name);
}

static void answer_rendition(const Asker *asker, HthHttpRequest *request, const char *item,
                             const char *name)
{
    HthParts *parts = asker->door->parts;
    const HthRenditionProfile *profile = hth_rendition_profile_find(name);
    if (profile == NULL || parts->renditions == NULL) {
        hth_device_respond_problem(request, 404, "not-found", "There is no such conversion here.");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_auto(HthRendition) found = HTH_RENDITION_INIT;
    const HthRenditionWish wish = { .item_id = item, .profile = profile->name, .is_urgent = TRUE };
    if (!hth_renditions_request(parts->renditions, &wish, &found, &error)) {
        if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
            respond_unmade(request, &found);
        else
            respond_gerror(request, error);
        return;
    }
    if (found.state != HTH_RENDITION_READY) {
        respond_unmade(request, &found);
        return;
    }
    g_autofree char *etag =
        g_strdup_printf("\"%016" G_GINT64_MODIFIER "x\"", (guint64)found.revision);
    const HthHttpFile file = {
        .fd = found.fd,
        .size_bytes = found.size_bytes,
        .etag = etag,
        .content_type = profile->content_type,
    };
    found.fd = -1;
    follow_rendition(asker, request, item, profile, found.size_bytes);
    hth_http_request_respond_file(request, &file);
}

void hth_device_media_answer(const HthDeviceDoor *door, const HthPairedDevice *device,
                             HthHttpRequest *request)
{
    g_autofree char *id = hth_key_id_to_text(&device->id);
    const Asker asker = { door, id };
    g_autofree char *item = NULL;
    g_autofree char *profile = NULL;
    if (!hth_device_media_parse(hth_http_request_path(request), &item, &profile))
        hth_device_respond_problem(request, 404, "not-found", "There is no such media here.");
    else if (profile == NULL)
        answer_original(&asker, request, item);
    else
        answer_rendition(&asker, request, item, profile);
}
