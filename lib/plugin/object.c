/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/library.h"

#include <string.h>

static const char *const class_names[HTH_N_OBJECT_CLASSES] = {
    [HTH_OBJECT_CONTAINER] = "object.container",
    [HTH_OBJECT_FOLDER] = "object.container.storageFolder",
    [HTH_OBJECT_ARTIST] = "object.container.person.musicArtist",
    [HTH_OBJECT_ALBUM] = "object.container.album.musicAlbum",
    [HTH_OBJECT_GENRE] = "object.container.genre.musicGenre",
    [HTH_OBJECT_PHOTO_ALBUM] = "object.container.album.photoAlbum",
    [HTH_OBJECT_PLAYLIST] = "object.container.playlistContainer",
    [HTH_OBJECT_MUSIC_TRACK] = "object.item.audioItem.musicTrack",
    [HTH_OBJECT_VIDEO] = "object.item.videoItem",
    [HTH_OBJECT_PHOTO] = "object.item.imageItem.photo",
};

const char *hth_object_class_name(HthObjectClass class)
{
    g_return_val_if_fail(class < HTH_N_OBJECT_CLASSES, class_names[HTH_OBJECT_CONTAINER]);
    return class_names[class];
}

gboolean hth_object_is_container(const HthObject *self)
{
    return self->class < HTH_OBJECT_MUSIC_TRACK;
}

static void free_texts(HthObject *self)
{
    char *const texts[] = { self->leaf_id,     self->parent_id,   self->title,
                            self->artwork_id,  self->date,        self->album,
                            self->album_id,    self->file_name,   self->audio_codec,
                            self->video_codec, self->video_profile };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}

void hth_object_free(HthObject *self)
{
    if (self == NULL)
        return;
    free_texts(self);
    GPtrArray *const lists[] = { self->artists, self->album_artists, self->composers, self->genres,
                                 self->subtitles };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (lists[i] != NULL)
            g_ptr_array_unref(lists[i]);
    }
    g_free(self);
}

char *hth_listing_child_id(const HthListing *self, const char *leaf_id)
{
    if (self->is_canonical)
        return g_strdup(leaf_id);
    return g_strconcat(leaf_id, ".", self->container_id, NULL);
}
