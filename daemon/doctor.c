/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor.h"

#include "base/error.h"
#include "base/json.h"
#include "base/template.h"
#include "base/text.h"
#include "plugin-host.h"

/* A plugin that reports more is cut. */
#define FINDINGS_MAX   200
#define TEXT_MAX_BYTES 1000

struct HthDoctor {
    GPtrArray *findings;
};

static void (*const checks[])(HthDoctor *doctor, HthParts *parts) = {
    hth_doctor_check_interfaces, hth_doctor_check_multicast, hth_doctor_check_ssdp_port,
    hth_doctor_check_firewall,   hth_doctor_check_refusals,  hth_doctor_check_plugins,
    hth_doctor_check_roots,      hth_doctor_check_files,     hth_doctor_check_watches,
    hth_doctor_check_sandbox,    hth_doctor_check_disk,      hth_doctor_check_settings,
};

static const char *const result_names[] = {
    [HTH_CHECK_OK] = "ok",
    [HTH_CHECK_NOTE] = "note",
    [HTH_CHECK_WARNING] = "warning",
    [HTH_CHECK_PROBLEM] = "problem",
};

void hth_finding_free(HthFinding *self)
{
    g_free(self->subject);
    g_free(self->finding);
    g_free(self->cause);
    g_free(self->mend);
    g_strfreev(self->values);
    g_free(self);
}

HthDoctor *hth_doctor_new(void)
{
    HthDoctor *self = g_new0(HthDoctor, 1);
    self->findings = g_ptr_array_new_with_free_func((GDestroyNotify)hth_finding_free);
    return self;
}

void hth_doctor_free(HthDoctor *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->findings);
    g_free(self);
}

const GPtrArray *hth_doctor_findings(const HthDoctor *self)
{
    return self->findings;
}

/* Takes @values. */
static void add(HthDoctor *self, HthCheckResult result, const char *subject, const char *finding,
                const char *cause, const char *mend, char **values)
{
    g_auto(GStrv) taken = values;
    g_return_if_fail(result < G_N_ELEMENTS(result_names));
    if (self->findings->len >= FINDINGS_MAX)
        return;
    for (guint i = 0; taken[i] != NULL; i++) {
        g_autofree char *raw = taken[i];
        char *clean = hth_text_clean(raw, TEXT_MAX_BYTES);
        taken[i] = clean != NULL ? clean : g_strdup("");
    }
    HthFinding *added = g_new(HthFinding, 1);
    *added = (HthFinding){
        .result = result,
        .subject = hth_text_clean(subject, TEXT_MAX_BYTES),
        .finding = hth_text_clean(finding, TEXT_MAX_BYTES),
        .cause = hth_text_clean(cause, TEXT_MAX_BYTES),
        .mend = hth_text_clean(mend, TEXT_MAX_BYTES),
        .values = g_steal_pointer(&taken),
    };
    g_ptr_array_add(self->findings, added);
}

void hth_doctor_report(HthDoctor *self, HthCheckResult result, const char *subject,
                       const char *finding, const char *cause, const char *mend)
{
    add(self, result, subject, finding, cause, mend, g_new0(char *, 1));
}

void hth_doctor_report_with(HthDoctor *self, HthCheckResult result, const char *subject,
                            const char *finding, const char *cause, const char *mend, ...)
{
    va_list arguments;
    va_start(arguments, mend);
    add(self, result, subject, finding, cause, mend, hth_template_pairs(arguments));
    va_end(arguments);
}

static void set_text(JsonObject *each, JsonObject *templates, const char *name,
                     const char *template, char **values)
{
    g_autofree char *text = hth_template_fill(template, (const char *const *)values);
    hth_json_set_text(each, name, text != NULL && *text != '\0' ? text : NULL);
    hth_json_set_text(templates, name, template);
}

static JsonObject *describe_finding(const HthFinding *finding)
{
    JsonObject *each = json_object_new();
    JsonObject *templates = json_object_new();
    JsonObject *values = json_object_new();
    json_object_set_string_member(each, "result", result_names[finding->result]);
    set_text(each, templates, "subject", finding->subject, finding->values);
    set_text(each, templates, "finding", finding->finding, finding->values);
    set_text(each, templates, "cause", finding->cause, finding->values);
    set_text(each, templates, "mend", finding->mend, finding->values);
    for (char **pair = finding->values; *pair != NULL; pair += 2)
        json_object_set_string_member(values, pair[0], pair[1]);
    json_object_set_object_member(each, "template", templates);
    json_object_set_object_member(each, "values", values);
    return each;
}

static JsonObject *describe(const HthDoctor *self)
{
    JsonArray *array = json_array_new();
    guint counts[G_N_ELEMENTS(result_names)] = { 0 };
    for (guint i = 0; i < self->findings->len; i++) {
        const HthFinding *finding = self->findings->pdata[i];
        json_array_add_object_element(array, describe_finding(finding));
        counts[finding->result]++;
    }
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "findings", array);
    json_object_set_int_member(object, "n_problems", counts[HTH_CHECK_PROBLEM]);
    json_object_set_int_member(object, "n_warnings", counts[HTH_CHECK_WARNING]);
    return object;
}

static JsonObject *run_locked(HthParts *parts, const HthDevice *device)
{
    g_autoptr(HthDoctor) doctor = hth_doctor_new();
    if (device != NULL)
        hth_doctor_check_device(doctor, parts, device);
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
        checks[i](doctor, parts);
    hth_host_run_checks(parts->host, doctor);
    return describe(doctor);
}

JsonObject *hth_doctor_run(HthParts *parts, const char *device_name, GError **error)
{
    g_autoptr(HthDevice) device = NULL;
    if (device_name != NULL) {
        device = hth_device_registry_find(parts->devices, device_name);
        if (device == NULL) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                        "no device “%s” has ever asked this computer for anything. Either it has "
                        "not found this home (is it on the same network, and not on a guest Wi-Fi "
                        "that keeps devices apart?), or it goes by another name: see "
                        "`hearth devices`",
                        device_name);
            return NULL;
        }
    }
    if (!g_mutex_trylock(&parts->doctor_lock)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                    "the doctor is looking already; ask again in a few seconds");
        return NULL;
    }
    JsonObject *result = run_locked(parts, device);
    g_mutex_unlock(&parts->doctor_lock);
    return result;
}
