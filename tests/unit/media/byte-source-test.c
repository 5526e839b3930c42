/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/byte-source.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"

static void test_a_file_reads_whole_or_fails(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    const int fd = g_file_open_tmp("byte-source-XXXXXX", &path, &error);
    g_assert_no_error(error);
    g_unlink(path);
    g_assert_cmpint(write(fd, "0123456789", 10), ==, 10);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_fd(fd, &error);
    g_assert_cmpuint(hth_byte_source_size(source), ==, 10);

    char buffer[11] = "";
    g_assert_true(hth_byte_source_read(source, 3, buffer, 4, &error));
    g_assert_cmpstr(buffer, ==, "3456");
    g_assert_cmpuint(hth_byte_source_peek(source, 8, buffer, 4), ==, 2);
    g_assert_cmpuint(hth_byte_source_peek(source, 10, buffer, 4), ==, 0);
    g_assert_false(hth_byte_source_read(source, 8, buffer, 4, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_clear_error(&error);

    g_assert_cmpint(ftruncate(fd, 5), ==, 0);
    g_assert_false(hth_byte_source_read(source, 3, buffer, 4, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    close(fd);
}

static void test_pieces_read_as_one_and_holes_fail(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("abcdefgh", 8);
    g_autoptr(HthByteSource) letters = hth_byte_source_new_for_bytes(bytes);
    g_autoptr(HthByteSource) source = hth_byte_source_new_pieces();
    hth_byte_source_add_piece(source, letters, 4, 4);
    hth_byte_source_add_piece(source, letters, 7, 0);
    hth_byte_source_add_piece(source, letters, 0, 2);
    hth_byte_source_add_piece(source, NULL, 0, 3);
    hth_byte_source_add_piece(source, letters, 2, 1);
    g_assert_cmpuint(hth_byte_source_size(source), ==, 10);

    g_autoptr(GError) error = NULL;
    char buffer[11] = "";
    g_assert_true(hth_byte_source_read(source, 0, buffer, 6, &error));
    g_assert_cmpstr(buffer, ==, "efghab");
    g_assert_true(hth_byte_source_read(source, 9, buffer, 1, &error));
    g_assert_cmpint(buffer[0], ==, 'c');
    g_assert_false(hth_byte_source_read(source, 5, buffer, 2, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

static void test_what_is_a_piece_of_another_is_known(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("0123456789", 10);
    g_autoptr(HthByteSource) one = hth_byte_source_new_for_bytes(bytes);
    g_autoptr(HthByteSource) other = hth_byte_source_new_for_bytes(bytes);
    g_autoptr(HthByteSource) source = hth_byte_source_new_pieces();
    hth_byte_source_add_piece(source, other, 0, 2);
    hth_byte_source_add_piece(source, one, 3, 2); /* at 2 */
    hth_byte_source_add_piece(source, one, 5, 4); /* goes on */
    hth_byte_source_add_piece(source, NULL, 0, 2);
    hth_byte_source_add_piece(source, one, 9, 1);
    g_assert_true(hth_byte_source_is_piece_of(source, 2, 6, one, 3));
    g_assert_true(hth_byte_source_is_piece_of(source, 3, 4, one, 4));
    g_assert_true(hth_byte_source_is_piece_of(source, 0, 2, other, 0));
    g_assert_true(hth_byte_source_is_piece_of(source, 5, 0, one, 1));
    g_assert_false(hth_byte_source_is_piece_of(source, 3, 4, one, 5));  /* moved */
    g_assert_false(hth_byte_source_is_piece_of(source, 0, 4, one, 1));  /* another's */
    g_assert_false(hth_byte_source_is_piece_of(source, 7, 2, one, 8));  /* a hole */
    g_assert_false(hth_byte_source_is_piece_of(source, 10, 2, one, 9)); /* beyond */
    g_assert_false(hth_byte_source_is_piece_of(one, 2, 2, one, 2));     /* not of pieces */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/byte-source/a-file-reads-whole-or-fails", test_a_file_reads_whole_or_fails);
    g_test_add_func("/byte-source/pieces-read-as-one-and-holes-fail",
                    test_pieces_read_as_one_and_holes_fail);
    g_test_add_func("/byte-source/what-is-a-piece-of-another-is-known",
                    test_what_is_a_piece_of_another_is_known);
    return g_test_run();
}
