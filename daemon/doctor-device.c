/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on one device: what its timeline says about why it cannot see this home. */
#include <glib/gi18n.h>
#include <string.h>

#include "doctor.h"

typedef struct {
    guint n_description;
    guint n_browse;
    guint n_media;
    guint n_refused;
    const HthDeviceNote *last_refused;
    const HthDeviceNote *last_failed; /* got a fault or an HTTP error that was no refusal */
} Story;

static gboolean mentions(const char *text, const char *word)
{
    g_autofree char *lower = text != NULL ? g_ascii_strdown(text, -1) : NULL;
    return lower != NULL && strstr(lower, word) != NULL;
}

/* "403 …", "error 701 …", "fault": what was got and was not what was asked for. */
static gboolean is_failure(const char *got)
{
    return mentions(got, "error") || mentions(got, "fault") || mentions(got, "refused") ||
           (got != NULL && (*got == '4' || *got == '5') && g_ascii_isdigit(got[1]));
}

static Story read_story(const HthDevice *device)
{
    Story story = { 0 };
    for (guint i = 0; i < device->notes->len; i++) {
        const HthDeviceNote *note = device->notes->pdata[i];
        if (g_str_has_prefix(note->got != NULL ? note->got : "", "403")) {
            story.n_refused++;
            story.last_refused = note;
        } else if (is_failure(note->got)) {
            story.last_failed = note;
        } else if (mentions(note->asked, "description")) {
            story.n_description++;
        } else if (mentions(note->asked, "browse") || mentions(note->asked, "search ")) {
            story.n_browse++;
        } else if (mentions(note->got, "file")) {
            story.n_media++;
        }
    }
    return story;
}

static void report_policy(HthDoctor *doctor, const HthDevice *device, const char *label)
{
    const char *mend = N_("Let it in: hearth devices allow “{device}”");
    if (device->policy == HTH_DEVICE_HIDDEN)
        hth_doctor_report_with(doctor, HTH_CHECK_PROBLEM, "{device}",
                               N_("It sees nothing of this home."),
                               N_("It was hidden by the household (hearth devices hide)."), mend,
                               "device", label, NULL);
    else if (device->policy == HTH_DEVICE_WAITING)
        hth_doctor_report_with(
            doctor, HTH_CHECK_PROBLEM, "{device}", N_("It waits to be let in."),
            N_("The setting dlna.new-devices-wait is on, and nobody has decided yet."), mend,
            "device", label, NULL);
}

static void report_story(HthDoctor *doctor, const HthDevice *device, const Story *story,
                         const char *label)
{
    if (device->notes->len == 0)
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, "{device}",
            N_("It has asked for nothing since hearthd started."),
            N_("It is switched off, on another network, or keeps an old list."),
            N_("Switch it off and on, or open its list of media servers; then ask the "
               "doctor again."),
            "device", label, NULL);
    else if (story->n_description == 0 && story->n_browse == 0 && story->n_media == 0)
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, "{device}",
            N_("It heard of this home but never asked for its description."),
            N_("It found us and was not interested, or its way back is blocked: the "
               "firewall of this computer or of the router."),
            N_("See the findings about the firewall here; then refresh its list of "
               "media servers."),
            "device", label, NULL);
    else if (story->n_browse == 0 && story->n_media == 0)
        hth_doctor_report_with(
            doctor, HTH_CHECK_WARNING, "{device}",
            N_("It asked for the description of this home but never looked inside."),
            N_("Most often nobody has opened this home on it yet; some devices also turn "
               "away from a description that they do not understand."),
            N_("Open this home in its list of media servers. If it is not shown there, "
               "report the device's model with this timeline."),
            "device", label, NULL);
    else
        hth_doctor_report_with(doctor, HTH_CHECK_OK, "{device}",
                               N_("It has found this home and looked inside."), NULL, NULL,
                               "device", label, NULL);
}

static void report_last_failure(HthDoctor *doctor, const Story *story, const char *label)
{
    if (story->last_failed == NULL)
        return;
    hth_doctor_report_with(
        doctor, HTH_CHECK_WARNING, "{device}",
        N_("Not everything it asked for was answered: “{asked}” got “{got}”."),
        N_("It asked for something that is gone, or in a way that is not understood."),
        N_("Look at the whole timeline: hearth devices show NAME"), "device", label, "asked",
        story->last_failed->asked, "got", story->last_failed->got, NULL);
}

void hth_doctor_check_device(HthDoctor *doctor, HthParts *parts, const HthDevice *device)
{
    const char *label = hth_device_label(device);
    const Story story = read_story(device);
    if (device->policy != HTH_DEVICE_ALLOWED) {
        report_policy(doctor, device, label);
        return;
    }
    report_story(doctor, device, &story, label);
    report_last_failure(doctor, &story, label);
}
