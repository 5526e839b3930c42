/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hearth doctor`: finds out what a person cannot see, and says the cause and the mend.
 *
 * Each check is a function in a doctor-*.c file and a row of the table in doctor.c; plugins add
 * theirs by hth_host_add_check(). A check reports through hth_doctor_report() (plugin/host.h).
 *
 * Threads: a run is on one thread that may block; two runs never overlap (HthParts.doctor_lock).
 */
#pragma once

#include <json-glib/json-glib.h>

#include "parts.h"

G_BEGIN_DECLS

/* Looks at everything, and at one device when @device_name is not NULL.
 * Returns: {"findings": [{"result", "subject", "finding", "cause", "mend", "template", "values"}],
 * "n_problems", "n_warnings"}.
 * Errors: HTH_ERROR_NOT_FOUND (no such device), HTH_ERROR_BUSY (it looks already) */
JsonObject *hth_doctor_run(HthParts *parts, const char *device_name, GError **error);

/* The checks. */
void hth_doctor_check_interfaces(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_multicast(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_ssdp_port(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_firewall(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_refusals(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_sandbox(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_watches(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_roots(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_files(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_disk(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_plugins(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_settings(HthDoctor *doctor, HthParts *parts);
void hth_doctor_check_device(HthDoctor *doctor, HthParts *parts, const HthDevice *device);

/* For tests: a doctor that reports to @findings, (element HthFinding). */
typedef struct {
    HthCheckResult result;
    char *subject, *finding, *cause, *mend; /* templates (base/template.h) */
    char **values;                          /* pairs */
} HthFinding;
void hth_finding_free(HthFinding *self);
HthDoctor *hth_doctor_new(void);
void hth_doctor_free(HthDoctor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDoctor, hth_doctor_free)
const GPtrArray *hth_doctor_findings(const HthDoctor *self);

G_END_DECLS
