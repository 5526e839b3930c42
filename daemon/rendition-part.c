/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "rendition"
#include "rendition-part.h"

#include <sys/stat.h>

#include "base/log.h"
#include "install-paths.h"
#include "sync/sync-home.h"

#define MEGABYTE 1000000ULL

static gint64 ns_of(struct timespec time)
{
    return time.tv_sec * G_GINT64_CONSTANT(1000000000) + time.tv_nsec;
}

/* The revision is the one by which the sync engine knows files. */
static int open_item(const char *item_id, HthMediaFormat *out_format, guint64 *out_revision,
                     gpointer data, GError **error)
{
    const HthParts *parts = data;
    g_autoptr(HthObject) object = NULL;
    const int fd = hth_library_open_item(parts->library, item_id, &object, error);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return fd;
    *out_format = object->format;
    *out_revision =
        hth_sync_revision(info.st_ino, info.st_size, ns_of(info.st_mtim), ns_of(info.st_ctim));
    return fd;
}

static guint64 limit_of(const HthParts *parts)
{
    return (guint64)hth_settings_integer(parts->settings, "renditions", "cache-megabytes") *
           MEGABYTE;
}

void hth_rendition_part_open(HthParts *parts)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *program = hth_install_program("hearth-convert");
    const HthRenditionsOptions options = {
        .program = program,
        .state_dir = parts->paths->state_dir,
        .cache_dir = parts->paths->cache_dir,
        .limit_bytes = limit_of(parts),
        .n_running = (guint)hth_settings_integer(parts->settings, "renditions", "conversions"),
        .open = open_item,
        .data = parts,
    };
    parts->renditions = hth_renditions_new(&options, &error);
    if (parts->renditions == NULL)
        hth_log_error("nothing can be converted: %s", error->message);
}

void hth_rendition_part_close(HthParts *parts)
{
    g_clear_pointer(&parts->renditions, hth_renditions_free);
}

void hth_rendition_part_apply(HthParts *parts)
{
    if (parts->renditions != NULL)
        hth_renditions_set_limit(parts->renditions, limit_of(parts));
}

JsonObject *hth_rendition_part_object(HthParts *parts)
{
    JsonObject *object = json_object_new();
    g_auto(HthRenditionsStatus) status = { 0 };
    if (parts->renditions == NULL)
        return object;
    hth_renditions_status(parts->renditions, &status);
    json_object_set_int_member(object, "limit_bytes", (gint64)status.limit_bytes);
    json_object_set_int_member(object, "size_bytes", (gint64)status.size_bytes);
    json_object_set_int_member(object, "n_files", status.n_files);
    json_object_set_int_member(object, "n_known", status.n_known);
    json_object_set_int_member(object, "n_waiting", status.n_waiting);
    json_object_set_int_member(object, "n_running", status.n_running);
    json_object_set_double_member(object, "progress", status.progress);
    json_object_set_int_member(object, "n_done", (gint64)status.n_done);
    json_object_set_int_member(object, "n_wrapped", (gint64)status.n_wrapped);
    json_object_set_int_member(object, "n_failed", (gint64)status.n_failed);
    json_object_set_int_member(object, "n_killed", (gint64)status.n_killed);
    json_object_set_int_member(object, "n_dropped", (gint64)status.n_dropped);
    if (status.sandbox != NULL)
        json_object_set_string_member(object, "sandbox", status.sandbox);
    if (status.problem != NULL)
        json_object_set_string_member(object, "problem", status.problem);
    return object;
}
