/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte says the container, two the length of a program; the program and an old file
 * follow. What the program makes of it is never longer than promised; and a program that is made
 * for the file as it is makes it again. */
#include "base/error.h"
#include "media/reframe.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

#define LENGTH 4096

static gboolean append(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    g_byte_array_append(data, bytes, (guint)n);
    return TRUE;
}

static void run_foreign(HthByteSource *old, HthMediaFormat format, const guint8 *program, gsize n)
{
    g_autoptr(HthReframe) run = hth_reframe_new(old, format, NULL);
    g_autoptr(GByteArray) made = g_byte_array_new();
    if (run != NULL)
        (void)hth_reframe_run(run, program, n, LENGTH, append, made, NULL);
    g_assert_cmpuint(made->len, <=, LENGTH);
}

static void run_own(HthByteSource *old, HthMediaFormat format, const guint8 *bytes, gsize n)
{
    g_autoptr(HthReframeMaker) maker = hth_reframe_maker_new(old, format);
    g_autoptr(GByteArray) program = g_byte_array_new();
    if (maker == NULL || !hth_reframe_maker_range(maker, 0, n, program))
        return;
    g_autoptr(HthReframe) run = hth_reframe_new(old, format, NULL);
    g_autoptr(GByteArray) made = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    if (!hth_reframe_run(run, program->data, program->len, n, append, made, &error)) {
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
        return;
    }
    g_assert_cmpmem(made->data, made->len, bytes, n);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    if (size < 3)
        return 0;
    const HthMediaFormat format = (data[0] & 1) != 0 ? HTH_FORMAT_MATROSKA : HTH_FORMAT_MP4;
    const gsize n_program = MIN((gsize)data[1] << 8 | data[2], size - 3);
    const guint8 *file = data + 3 + n_program;
    const gsize n_file = size - 3 - n_program;
    g_autoptr(GBytes) bytes = g_bytes_new(file, n_file);
    g_autoptr(HthByteSource) old = hth_byte_source_new_for_bytes(bytes);
    run_foreign(old, format, data + 3, n_program);
    run_own(old, format, file, n_file);
    return 0;
}
