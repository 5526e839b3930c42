/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on this computer: folders, files, watches, sandbox, disk, plugins, settings. */
#include <sys/statvfs.h>

#include "doctor.h"
#include "plugin-loader.h"

#define MIB (G_GUINT64_CONSTANT(1024) * 1024)

void hth_doctor_check_roots(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) roots = hth_library_roots(parts->library);
    if (roots->len == 0)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, "Folders", "No folder is shared.",
                          "None is configured, and your music, videos and pictures folders are "
                          "empty or missing.",
                          "Name one: hearth roots add /path/to/music");
    guint n_good = 0;
    for (guint i = 0; i < roots->len; i++) {
        const HthRootStatus *root = roots->pdata[i];
        if (root->is_available && root->problem == NULL) {
            n_good++;
            continue;
        }
        g_autofree char *finding = g_strdup_printf(
            "%s %s", root->path, root->is_available ? "has a problem." : "cannot be reached.");
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, "Folders", finding, root->problem,
                          "Connect or mount the disk, or give hearthd's user the right to read "
                          "the folder; what was known of it is kept until then. If it has moved: "
                          "hearth roots move OLD NEW");
    }
    if (roots->len > 0 && n_good == roots->len)
        hth_doctor_report(doctor, HTH_CHECK_OK, "Folders", "All shared folders can be read.", NULL,
                          NULL);
}

void hth_doctor_check_files(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) problems = hth_library_problems(parts->library, 1000);
    if (problems->len == 0) {
        hth_doctor_report(doctor, HTH_CHECK_OK, "Files", "Every file could be read.", NULL, NULL);
        return;
    }
    const HthProblemFile *first = problems->pdata[0];
    g_autofree char *finding =
        g_strdup_printf(problems->len == 1 ? "%u file could not be read: %s."
                                           : "%u files could not be read, among them %s.",
                        problems->len, first->path);
    hth_doctor_report(doctor, HTH_CHECK_WARNING, "Files", finding, first->reason,
                      "hearth scan --problems lists all of them. A file is tried again once it "
                      "changes, or with: hearth scan --full");
}

void hth_doctor_check_watches(HthDoctor *doctor, HthParts *parts)
{
    HthScanStatus status = { 0 };
    hth_library_scan_status(parts->library, &status);
    if (status.problem != NULL)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, "Library", "The library cannot be written.",
                          status.problem,
                          "Make room on the disk and see that hearthd may write its folders; it "
                          "goes on by itself then.");
    if (status.is_watch_limited) {
        /* Twice what is used now leaves room to grow. */
        g_autofree char *mend = g_strdup_printf(
            "Raise the limit: echo fs.inotify.max_user_watches=%u | sudo tee "
            "/etc/sysctl.d/60-hearth.conf && sudo sysctl --system; then restart hearthd",
            MAX(524288u, status.n_watches * 2));
        hth_doctor_report(doctor, HTH_CHECK_WARNING, "Changes",
                          "New and changed files are noticed late in some folders.",
                          "The kernel's limit of watched folders (inotify) is reached; the rest "
                          "are listed at intervals.",
                          mend);
    } else {
        hth_doctor_report(doctor, HTH_CHECK_OK, "Changes",
                          "New and changed files are noticed at once where the file system can "
                          "tell.",
                          NULL, NULL);
    }
    hth_scan_status_clear(&status);
}

void hth_doctor_check_sandbox(HthDoctor *doctor, HthParts *parts)
{
    HthScanStatus status = { 0 };
    hth_library_scan_status(parts->library, &status);
    const char *sandbox = status.worker_sandbox;
    if (sandbox == NULL)
        hth_doctor_report(doctor, HTH_CHECK_NOTE, "Sandbox",
                          "No media file has had to be read since hearthd started, so the sandbox "
                          "has not been seen at work.",
                          NULL, "To see it: hearth scan --full");
    else if (g_strrstr(sandbox, "seccomp") == NULL || g_strrstr(sandbox, "Landlock") == NULL) {
        g_autofree char *finding = g_strdup_printf("Media files are read with less protection "
                                                   "than there should be: %s.",
                                                   *sandbox != '\0' ? sandbox : "none");
        hth_doctor_report(doctor, HTH_CHECK_WARNING, "Sandbox", finding,
                          "This kernel lacks seccomp or Landlock, or has them switched off.",
                          "Use a kernel of 5.13 or newer, with landlock in its lsm= list "
                          "(cat /sys/kernel/security/lsm).");
    } else {
        g_autofree char *finding =
            g_strdup_printf("Media files are read in a sandbox: %s.", sandbox);
        hth_doctor_report(doctor, HTH_CHECK_OK, "Sandbox", finding, NULL, NULL);
    }
    hth_scan_status_clear(&status);
}

static void check_space(HthDoctor *doctor, const char *path, const char *what)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return;
    const guint64 free_bytes = (guint64)info.f_bavail * info.f_frsize;
    if (free_bytes >= 100 * MIB)
        return;
    g_autofree char *finding =
        g_strdup_printf("Only %" G_GUINT64_FORMAT " MB are left where %s is kept (%s).",
                        free_bytes / 1000000, what, path);
    hth_doctor_report(doctor, free_bytes < 10 * MIB ? HTH_CHECK_PROBLEM : HTH_CHECK_WARNING, "Disk",
                      finding, "The file system is nearly full.",
                      "Make room there; until then new files may be missing from the library, and "
                      "play counts may not be stored.");
}

void hth_doctor_check_disk(HthDoctor *doctor, HthParts *parts)
{
    const guint before = hth_doctor_findings(doctor)->len;
    check_space(doctor, parts->paths->state_dir, "what hearth remembers");
    check_space(doctor, parts->paths->cache_dir, "the index");
    if (hth_doctor_findings(doctor)->len == before)
        hth_doctor_report(doctor, HTH_CHECK_OK, "Disk", "There is room for the library's records.",
                          NULL, NULL);
}

void hth_doctor_check_plugins(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(JsonArray) plugins = hth_plugin_loader_describe(parts->plugins, parts->host);
    for (guint i = 0; i < json_array_get_length(plugins); i++) {
        JsonObject *plugin = json_array_get_object_element(plugins, i);
        const char *state = json_object_get_string_member(plugin, "state");
        g_autofree char *subject =
            g_strconcat("Plugin ", json_object_get_string_member(plugin, "name"), NULL);
        const char *sentence = json_object_get_string_member_with_default(plugin, "sentence", NULL);
        if (json_object_get_boolean_member(plugin, "is_working"))
            hth_doctor_report(doctor, HTH_CHECK_OK, subject,
                              sentence != NULL ? sentence : "It is running.", NULL, NULL);
        else if (g_strcmp0(state, "disabled") == 0)
            hth_doctor_report(doctor, HTH_CHECK_NOTE, subject, "It is switched off.", NULL, NULL);
        else
            hth_doctor_report(doctor, HTH_CHECK_PROBLEM, subject, "It does not work.", sentence,
                              "The log says more: hearth logs. Once that is mended, restart "
                              "hearthd.");
    }
}

void hth_doctor_check_settings(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) warnings = hth_settings_warnings(parts->settings);
    for (guint i = 0; i < warnings->len; i++)
        hth_doctor_report(doctor, HTH_CHECK_WARNING, "Configuration", warnings->pdata[i],
                          "A line there is not understood, and is left out.",
                          "Correct that file; hearth config list shows every key.");
}
