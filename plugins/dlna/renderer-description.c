/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "renderer-description.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "xml-in.h"

/* root > device > name */
#define DEVICE_DEPTH 2
#define NAME_DEPTH   3

typedef struct {
    HthRendererDescription *description;
    gboolean is_in_device;
    char **field; /* that is being read; NULL: none */
    GString *text;
} Reading;

/* The place for an element of that name, when it is still empty; else NULL. */
static char **find_field(HthRendererDescription *description, const char *name)
{
    const struct {
        const char *name;
        char **field;
    } fields[] = {
        { "friendlyName", &description->friendly_name },
        { "manufacturer", &description->manufacturer },
        { "modelName", &description->model_name },
    };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (strcmp(fields[i].name, name) == 0 && *fields[i].field == NULL)
            return fields[i].field;
    }
    return NULL;
}

static gboolean on_start(const char *name, const char *uri, guint depth, gpointer data,
                         GError **error)
{
    Reading *reading = data;
    if (depth == DEVICE_DEPTH)
        reading->is_in_device = strcmp(name, "device") == 0;
    if (depth != NAME_DEPTH || !reading->is_in_device)
        return TRUE;
    reading->field = find_field(reading->description, name);
    g_string_truncate(reading->text, 0);
    return TRUE;
}

static void on_end(guint depth, gpointer data)
{
    Reading *reading = data;
    if (depth != NAME_DEPTH || reading->field == NULL)
        return;
    *reading->field = hth_text_clean(reading->text->str, HTH_RENDERER_NAME_MAX_BYTES);
    reading->field = NULL;
}

static void on_text(const char *text, gsize length, guint depth, gpointer data)
{
    Reading *reading = data;
    if (depth == NAME_DEPTH && reading->field != NULL)
        g_string_append_len(reading->text, text, (gssize)length);
}

HthRendererDescription *hth_renderer_description_parse(const char *body, gsize size_bytes,
                                                       GError **error)
{
    static const HthXmlHandler handler = { on_start, on_end, on_text };
    if (size_bytes > HTH_RENDERER_DESCRIPTION_MAX_BYTES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the description is too large");
        return NULL;
    }
    g_autoptr(HthRendererDescription) description = g_new0(HthRendererDescription, 1);
    g_autoptr(GString) text = g_string_sized_new(HTH_RENDERER_NAME_MAX_BYTES);
    g_autoptr(GError) problem = NULL;
    Reading reading = { .description = description, .text = text };
    if (!hth_xml_in_read(body, size_bytes, HTH_RENDERER_DESCRIPTION_MAX_DEPTH, &handler, &reading,
                         &problem) &&
        !g_error_matches(problem, HTH_ERROR, HTH_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    if (description->friendly_name == NULL && description->model_name == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "%s",
                    problem != NULL ? problem->message : "no name of a device in it");
        return NULL;
    }
    return g_steal_pointer(&description);
}

void hth_renderer_description_free(HthRendererDescription *self)
{
    if (self == NULL)
        return;
    g_free(self->friendly_name);
    g_free(self->manufacturer);
    g_free(self->model_name);
    g_free(self);
}
