/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzzer without libFuzzer: every file of the folder named on the command line, as it is,
 * cut short at many places, and with single bytes changed. The same every time. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_CUTS    64
#define MAX_CHANGES 128

/* A copy of exactly the right size, so that the address sanitizer sees one byte too far. */
static void run_copy(const guint8 *bytes, gsize size)
{
    g_autofree guint8 *copy = g_memdup2(bytes, size);
    const guint8 none = 0;
    LLVMFuzzerTestOneInput(copy != NULL ? copy : &none, size);
}

static void run_changed(const guint8 *bytes, gsize size, GRand *random)
{
    g_autofree guint8 *copy = g_memdup2(bytes, size);
    const guint n_bytes = 1 + g_rand_int(random) % 3;
    for (guint i = 0; i < n_bytes; i++)
        copy[g_rand_int(random) % size] = (guint8)g_rand_int(random);
    run_copy(copy, size);
}

static gboolean run_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *contents = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &contents, &size, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return FALSE;
    }
    const guint8 *bytes = (const guint8 *)contents;
    run_copy(bytes, size);
    const gsize step = size / MAX_CUTS + 1;
    for (gsize cut = 0; cut < size; cut += step)
        run_copy(bytes, cut);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)size);
    for (guint i = 0; i < MAX_CHANGES && size > 0; i++)
        run_changed(bytes, size, random);
    return TRUE;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(argv[1], 0, &error);
    if (dir == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    guint n_files = 0;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        if (!run_file(path))
            return 1;
        n_files++;
    }
    printf("%u files, none of which did harm\n", n_files);
    return n_files > 0 ? 0 : 1;
}
