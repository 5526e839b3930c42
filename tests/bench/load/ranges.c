/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload.h"

#include <string.h>

#define N_REQUESTS 4096

typedef struct {
    const HthLoadOptions *options;
    GString *text;
    gsize at[N_REQUESTS + 1];
    guint64 first[N_REQUESTS];
    guint n_requests;
    guint next;
    guint64 length; /* of every answer; 0: as the first one */
    guint status;
    GMappedFile *local;
} Ranges;

static gboolean next_range(gpointer data, guint connection, HthLoadRequest *out)
{
    Ranges *self = data;
    const guint tag = self->next++ % self->n_requests;
    *out =
        (HthLoadRequest){ self->text->str + self->at[tag], self->at[tag + 1] - self->at[tag], tag };
    return TRUE;
}

static gboolean check_range(gpointer data, guint tag, guint status, const char *body, gsize size)
{
    Ranges *self = data;
    if (self->length == 0)
        self->length = size;
    if (status != self->status || size != self->length)
        return FALSE;
    return body == NULL || self->local == NULL ||
           memcmp(body, g_mapped_file_get_contents(self->local) + self->first[tag], size) == 0;
}

static void make_ranges(Ranges *self)
{
    const HthLoadOptions *options = self->options;
    g_autoptr(GRand) rand = g_rand_new_with_seed(23);
    const guint64 room = options->media_size - options->range_size;
    for (guint i = 0; i < N_REQUESTS; i++) {
        self->first[i] = (guint64)(g_rand_double(rand) * (double)room);
        self->at[i] = self->text->len;
        g_string_append_printf(self->text,
                               "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%" G_GUINT64_FORMAT
                               "-%" G_GUINT64_FORMAT "\r\n\r\n",
                               options->media, options->control.host, self->first[i],
                               self->first[i] + options->range_size - 1);
    }
    self->at[N_REQUESTS] = self->text->len;
    self->n_requests = N_REQUESTS;
}

static void run(Ranges *self)
{
    const HthLoadWork work = {
        .next = next_range,
        .check = check_range,
        .keep_body = self->local != NULL,
        .data = self,
    };
    HthLoadResult result;
    hth_load_run(&self->options->plan, &work, &result);
    hth_load_result_print(&result, "");
    hth_load_result_clear(&result);
}

gboolean hth_workload_ranges(const HthLoadOptions *options, GError **error)
{
    g_autoptr(GMappedFile) local = NULL;
    if (options->local != NULL) {
        local = g_mapped_file_new(options->local, FALSE, error);
        if (local == NULL)
            return FALSE;
    }
    g_autofree Ranges *self = g_new0(Ranges, 1);
    *self = (Ranges){ .options = options,
                      .text = g_string_new(NULL),
                      .length = options->range_size,
                      .status = 206,
                      .local = local };
    make_ranges(self);
    run(self);
    g_string_free(self->text, TRUE);
    return TRUE;
}

gboolean hth_workload_get(const HthLoadOptions *options)
{
    g_autofree Ranges *self = g_new0(Ranges, 1);
    self->options = options;
    self->status = 200;
    self->n_requests = 1;
    self->text = g_string_new(NULL);
    g_string_append_printf(self->text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", options->media,
                           options->control.host);
    self->at[1] = self->text->len;
    run(self);
    g_string_free(self->text, TRUE);
    return TRUE;
}
