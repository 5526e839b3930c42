/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor on one device: what its timeline says about why it cannot see this home. */
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
    g_autofree char *mend = g_strdup_printf("Let it in: hearth devices allow “%s”", label);
    if (device->policy == HTH_DEVICE_HIDDEN)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, label, "It sees nothing of this home.",
                          "It was hidden by the household (hearth devices hide).", mend);
    else if (device->policy == HTH_DEVICE_WAITING)
        hth_doctor_report(doctor, HTH_CHECK_PROBLEM, label, "It waits to be let in.",
                          "The setting dlna.new-devices-wait is on, and nobody has decided yet.",
                          mend);
}

static void report_story(HthDoctor *doctor, const HthDevice *device, const Story *story,
                         const char *label)
{
    if (device->notes->len == 0)
        hth_doctor_report(doctor, HTH_CHECK_WARNING, label,
                          "It has asked for nothing since hearthd started.",
                          "It is switched off, on another network, or keeps an old list.",
                          "Switch it off and on, or open its list of media servers; then ask the "
                          "doctor again.");
    else if (story->n_description == 0 && story->n_browse == 0 && story->n_media == 0)
        hth_doctor_report(doctor, HTH_CHECK_WARNING, label,
                          "It heard of this home but never asked for its description.",
                          "It found us and was not interested, or its way back is blocked: the "
                          "firewall of this computer or of the router.",
                          "See the findings about the firewall here; then refresh its list of "
                          "media servers.");
    else if (story->n_browse == 0 && story->n_media == 0)
        hth_doctor_report(
            doctor, HTH_CHECK_WARNING, label,
            "It asked for the description of this home but never looked inside.",
            "Most often nobody has opened this home on it yet; some devices also turn "
            "away from a description that they do not understand.",
            "Open this home in its list of media servers. If it is not shown there, "
            "report the device's model with this timeline.");
    else
        hth_doctor_report(doctor, HTH_CHECK_OK, label, "It has found this home and looked inside.",
                          NULL, NULL);
}

static void report_last_failure(HthDoctor *doctor, const Story *story, const char *label)
{
    if (story->last_failed == NULL)
        return;
    g_autofree char *finding =
        g_strdup_printf("Not everything it asked for was answered: “%s” got “%s”.",
                        story->last_failed->asked != NULL ? story->last_failed->asked : "",
                        story->last_failed->got != NULL ? story->last_failed->got : "");
    hth_doctor_report(doctor, HTH_CHECK_WARNING, label, finding,
                      "It asked for something that is gone, or in a way that is not understood.",
                      "Look at the whole timeline: hearth devices show NAME");
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
