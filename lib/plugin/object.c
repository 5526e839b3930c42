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
    char *const texts[] = { self->leaf_id,     self->parent_id,    self->title,
                            self->artwork_id,  self->date,         self->album,
                            self->album_id,    self->file_name,    self->audio_codec,
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

static gpointer copy_text(gconstpointer text, gpointer data)
{
    return g_strdup(text);
}

static void free_subtitle(gpointer data)
{
    HthSubtitle *subtitle = data;
    g_free(subtitle->leaf_id);
    g_free(subtitle->language);
    g_free(subtitle);
}

static gpointer copy_subtitle(gconstpointer data, gpointer unused)
{
    HthSubtitle *copy = g_memdup2(data, sizeof *copy);
    copy->leaf_id = g_strdup(copy->leaf_id);
    copy->language = g_strdup(copy->language);
    return copy;
}

static GPtrArray *copy_list(GPtrArray *list, GCopyFunc copy, GDestroyNotify destroy)
{
    if (list == NULL)
        return NULL;
    GPtrArray *new = g_ptr_array_copy(list, copy, NULL);
    g_ptr_array_set_free_func(new, destroy);
    return new;
}

HthObject *hth_object_copy(const HthObject *self)
{
    HthObject *copy = g_memdup2(self, sizeof *self);
    char **const texts[] = { &copy->leaf_id,     &copy->parent_id,    &copy->title,
                             &copy->artwork_id,  &copy->date,         &copy->album,
                             &copy->album_id,    &copy->file_name,    &copy->audio_codec,
                             &copy->video_codec, &copy->video_profile };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(*texts[i]);
    GPtrArray **const lists[] = { &copy->artists, &copy->album_artists, &copy->composers,
                                  &copy->genres };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = copy_list(*lists[i], copy_text, g_free);
    copy->subtitles = copy_list(copy->subtitles, copy_subtitle, free_subtitle);
    return copy;
}

char *hth_listing_child_id(const HthListing *self, const char *leaf_id)
{
    if (self->is_canonical)
        return g_strdup(leaf_id);
    return g_strconcat(leaf_id, ".", self->container_id, NULL);
}
