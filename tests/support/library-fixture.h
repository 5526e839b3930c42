/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library on a temporary folder, for tests: real files, real databases, a real worker.
 *
 *     g_autoptr(LibraryFixture) home = library_fixture_new();
 *     library_fixture_track(home, "a/one.flac", "TITLE=One", "ARTIST=Band", NULL);
 *     library_fixture_open(home);
 *     g_autofree char *titles = library_fixture_list(home, "music-all");
 *
 * Threads: the test's.
 */
#pragma once

#include "library/library.h"

typedef struct {
    char *dir;   /* removed with everything in it */
    char *media; /* the root that is shared */
    char *other; /* another folder, made and not shared */
    char *state; /* state directory */
    char *cache;
    const char *worker;        /* path of the worker; may be changed before opening */
    gboolean is_watched;       /* inotify; FALSE: a scan only when asked */
    HthLibrary *library;       /* NULL: closed */
    GBytes *flac, *jpeg, *mp4; /* made when first needed */
} LibraryFixture;

LibraryFixture *library_fixture_new(void);
void library_fixture_free(LibraryFixture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibraryFixture, library_fixture_free)

/* Opens it and waits for the first scan. */
void library_fixture_open(LibraryFixture *self);
void library_fixture_close(LibraryFixture *self);

/* Looks at every folder again and returns when all is read. */
void library_fixture_scan(LibraryFixture *self);
void library_fixture_wait_idle(LibraryFixture *self, gint64 since_unix_ms);

/* ---- Files; @path is below the media folder, and folders are made ---- */

/* A FLAC file, tagged with "NAME=value" … NULL. */
void library_fixture_track(LibraryFixture *self, const char *path, ...) G_GNUC_NULL_TERMINATED;
void library_fixture_photo(LibraryFixture *self, const char *path, const char *taken,
                           const char *camera); /* "1999:05:31 12:30:00"; NULL: no EXIF */
void library_fixture_video(LibraryFixture *self, const char *path);
void library_fixture_write(LibraryFixture *self, const char *path, const char *text);
char *library_fixture_path(LibraryFixture *self, const char *path);
void library_fixture_move(LibraryFixture *self, const char *from, const char *to);
void library_fixture_remove(LibraryFixture *self, const char *path); /* a file or a whole folder */

/* ---- What the library says ---- */

/* The titles of the children, joined by "|". */
char *library_fixture_list(LibraryFixture *self, const char *container_id);

/* The leaf id of the child with that title; fails the test when there is none. */
char *library_fixture_child(LibraryFixture *self, const char *container_id, const char *title);
HthObject *library_fixture_object(LibraryFixture *self, const char *id);
guint32 library_fixture_update_id(LibraryFixture *self, const char *container_id);

/* Waits up to 10 s until the children are @titles, without asking for a scan. */
void library_fixture_expect(LibraryFixture *self, const char *container_id, const char *titles);

/* Every object reachable from the root as "PARENT-ID ID TITLE", sorted; checks on the way that what
 * each container says of its children is what it lists. */
GPtrArray *library_fixture_walk(LibraryFixture *self);
