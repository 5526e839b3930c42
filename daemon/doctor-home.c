/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on this computer: folders, files, watches, sandbox, disk, plugins, settings. */
#include <glib/gi18n.h>
#include <sys/statvfs.h>

#include "doctor.h"
#include "plugin-loader.h"

#define MIB (G_GUINT64_CONSTANT(1024) * 1024)

void hth_doctor_check_roots(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) roots = hth_library_roots(parts->library);
    if (roots->len == 0)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, N_("Folders"), N_("No folder is shared."),
                          N_("None is configured, and your music, videos and pictures folders are "
                             "empty or missing."),
                          N_("Name one: hearth roots add /path/to/music"));
    guint n_good = 0;
    for (guint i = 0; i < roots->len; i++) {
        const HthRootStatus *root = roots->pdata[i];
        if (root->is_available && root->problem == NULL) {
            n_good++;
            continue;
        }
        hth_doctor_report_with(
            doctor, HTH_CHECK_PROBLEM, N_("Folders"),
            root->is_available ? N_("{path} has a problem.") : N_("{path} cannot be reached."),
            "{problem}",
            N_("Connect or mount the disk, or give hearthd's user the right to read "
               "the folder; what was known of it is kept until then. If it has moved: "
               "hearth roots move OLD NEW"),
            "path", root->path, "problem", root->problem, NULL);
    }
    if (roots->len > 0 && n_good == roots->len)
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Folders"),
                          N_("All shared folders can be read."), NULL, NULL);
}

void hth_doctor_check_files(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) problems = hth_library_problems(parts->library, 1000);
    if (problems->len == 0) {
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Files"), N_("Every file could be read."), NULL,
                          NULL);
        return;
    }
    const HthProblemFile *first = problems->pdata[0];
    g_autofree char *n_files = g_strdup_printf("%u", problems->len);
    hth_doctor_report_with(
        doctor, HTH_CHECK_WARNING, N_("Files"),
        problems->len == 1 ? N_("1 file could not be read: {path}.")
                           : N_("{n} files could not be read, among them {path}."),
        "{problem}",
        N_("hearth scan --problems lists all of them. A file is tried again once it "
           "changes, or with: hearth scan --full"),
        "n", n_files, "path", first->path, "problem", first->reason, NULL);
}

void hth_doctor_check_watches(HthDoctor *doctor, HthParts *parts)
{
    HthScanStatus status = { 0 };
    hth_library_scan_status(parts->library, &status);
    if (status.problem != NULL)
        hth_doctor_report_with(
            doctor, HTH_CHECK_PROBLEM, N_("Library"), N_("The library cannot be written."),
            "{problem}",
            N_("Make room on the disk and see that hearthd may write its folders; it "
               "goes on by itself then."),
            "problem", status.problem, NULL);
    if (status.is_watch_limited) {
        /* Twice what is used now leaves room to grow. */
        g_autofree char *limit = g_strdup_printf("%u", MAX(524288u, status.n_watches * 2));
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, N_("Noticing changes"),
            N_("New and changed files are noticed late in some folders."),
            N_("The kernel's limit of watched folders (inotify) is reached; the rest "
               "are listed at intervals."),
            N_("Raise the limit: echo fs.inotify.max_user_watches={limit} | sudo tee "
               "/etc/sysctl.d/60-hearth.conf && sudo sysctl --system; then restart hearthd"),
            "limit", limit, NULL);
    } else {
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Noticing changes"),
                          N_("New and changed files are noticed at once where the file system can "
                             "tell."),
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
        hth_doctor_report(
            doctor, HTH_CHECK_NOTE, N_("Sandbox"),
            N_("No media file has had to be read since hearthd started, so the sandbox "
               "has not been seen at work."),
            NULL, N_("To see it: hearth scan --full"));
    else if (g_strrstr(sandbox, "seccomp") == NULL || g_strrstr(sandbox, "Landlock") == NULL) {
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, N_("Sandbox"),
            *sandbox != '\0'
                ? N_("Media files are read with less protection than there should be: {sandbox}.")
                : N_("Media files are read without the protection that there should be."),
            N_("This kernel lacks seccomp or Landlock, or has them switched off."),
            N_("Use a kernel of 5.13 or newer, with landlock in its lsm= list "
               "(cat /sys/kernel/security/lsm)."),
            "sandbox", sandbox, NULL);
    } else {
        hth_doctor_report_with(doctor, HTH_CHECK_OK, N_("Sandbox"),
                               N_("Media files are read in a sandbox: {sandbox}."), NULL, NULL,
                               "sandbox", sandbox, NULL);
    }
    hth_scan_status_clear(&status);
}

static void check_space(HthDoctor *doctor, const char *path, const char *finding)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return;
    const guint64 free_bytes = (guint64)info.f_bavail * info.f_frsize;
    if (free_bytes >= 100 * MIB)
        return;
    g_autofree char *megabytes = g_strdup_printf("%" G_GUINT64_FORMAT, free_bytes / 1000000);
    hth_doctor_report_with(
        doctor, free_bytes < 10 * MIB ? HTH_CHECK_PROBLEM : HTH_CHECK_WARNING, N_("Disk"), finding,
        N_("The file system is nearly full."),
        N_("Make room there; until then new files may be missing from the library, and "
           "play counts may not be stored."),
        "megabytes", megabytes, "path", path, NULL);
}

void hth_doctor_check_disk(HthDoctor *doctor, HthParts *parts)
{
    const guint before = hth_doctor_findings(doctor)->len;
    check_space(doctor, parts->paths->state_dir,
                N_("Only {megabytes} MB are left where what hearth remembers is kept ({path})."));
    check_space(doctor, parts->paths->cache_dir,
                N_("Only {megabytes} MB are left where the index is kept ({path})."));
    if (hth_doctor_findings(doctor)->len == before)
        hth_doctor_report(doctor, HTH_CHECK_OK, N_("Disk"),
                          N_("There is room for the library's records."), NULL, NULL);
}

void hth_doctor_check_plugins(HthDoctor *doctor, HthParts *parts)
{
    const char *subject = N_("Plugin {plugin}");
    g_autoptr(JsonArray) plugins = hth_plugin_loader_describe(parts->plugins, parts->host);
    for (guint i = 0; i < json_array_get_length(plugins); i++) {
        JsonObject *plugin = json_array_get_object_element(plugins, i);
        const char *state = json_object_get_string_member(plugin, "state");
        const char *name = json_object_get_string_member(plugin, "name");
        const char *sentence = json_object_get_string_member_with_default(plugin, "sentence", NULL);
        if (json_object_get_boolean_member(plugin, "is_working"))
            hth_doctor_report_with(doctor, HTH_CHECK_OK, subject,
                                   sentence != NULL ? "{sentence}" : N_("It is running."), NULL,
                                   NULL, "plugin", name, "sentence", sentence, NULL);
        else if (g_strcmp0(state, "disabled") == 0)
            hth_doctor_report_with(doctor, HTH_CHECK_NOTE, subject, N_("It is switched off."), NULL,
                                   NULL, "plugin", name, NULL);
        else
            hth_doctor_report_with(
                doctor, HTH_CHECK_PROBLEM, subject, N_("It does not work."), "{sentence}",
                N_("The log says more: hearth logs. Once that is mended, restart "
                   "hearthd."),
                "plugin", name, "sentence", sentence, NULL);
    }
}

void hth_doctor_check_settings(HthDoctor *doctor, HthParts *parts)
{
    g_autoptr(GPtrArray) warnings = hth_settings_warnings(parts->settings);
    for (guint i = 0; i < warnings->len; i++)
        hth_doctor_report_with(doctor, HTH_CHECK_WARNING, N_("Configuration"), "{warning}",
                               N_("A line there is not understood, and is left out."),
                               N_("Correct that file; hearth config list shows every key."),
                               "warning", warnings->pdata[i], NULL);
}
