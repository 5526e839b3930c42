/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ContentDirectory:1, and what Samsung and Kodi add to it. */
#include <string.h>

#include "browse.h"
#include "dlna.h"
#include "filter.h"
#include "search-criteria.h"

static HthUpnpCode get_search_capabilities(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_upnp_append(out, "SearchCaps", hth_search_capabilities());
    return HTH_UPNP_OK;
}

static HthUpnpCode get_sort_capabilities(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_upnp_append(out, "SortCaps", hth_sort_capabilities());
    return HTH_UPNP_OK;
}

static HthUpnpCode get_system_update_id(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_upnp_append_number(out, "Id", hth_library_system_update_id(hth_dlna_library(call->dlna)));
    return HTH_UPNP_OK;
}

/* ---- Samsung ---- */

typedef struct {
    const char *asked; /* as in [Roots] of the client files */
    const char *id;    /* when they do not say */
    const char *class;
} FeatureRoot;

static const FeatureRoot feature_roots[] = {
    { "A", "music", "object.item.audioItem" },
    { "V", "video", "object.item.videoItem" },
    { "I", "photo", "object.item.imageItem" },
};

static const char *feature_id(const HthClient *client, const FeatureRoot *root)
{
    const char *mapped = hth_client_root(client, root->asked);
    return strcmp(mapped, root->asked) == 0 ? root->id : root->asked;
}

static HthUpnpCode get_feature_list(const HthUpnpCall *call, HthXmlOut *out)
{
    g_autoptr(GString) list =
        g_string_new("<Features xmlns=\"urn:schemas-upnp-org:av:avs\""
                     " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                     " xsi:schemaLocation=\"urn:schemas-upnp-org:av:avs "
                     "http://www.upnp.org/schemas/av/avs.xsd\">"
                     "<Feature name=\"samsung.com_BASICVIEW\" version=\"1\">");
    for (guint i = 0; i < G_N_ELEMENTS(feature_roots); i++)
        g_string_append_printf(list, "<container id=\"%s\" type=\"%s\"/>",
                               feature_id(call->client, &feature_roots[i]), feature_roots[i].class);
    g_string_append(list, "</Feature></Features>");
    hth_upnp_append(out, "FeatureList", list->str);
    return HTH_UPNP_OK;
}

static HthUpnpCode set_position(const HthUpnpCall *call, const char *id, gint64 position_ms)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(hth_dlna_library(call->dlna));
    g_autofree char *parent_id = NULL;
    HthUpnpCode code = HTH_UPNP_OK;
    g_autoptr(HthObject) object = hth_browse_object(call, reader, id, &parent_id, &code);
    if (object == NULL)
        return code;
    if (hth_object_is_container(object))
        return HTH_UPNP_NO_SUCH_OBJECT;
    const gint64 end_ms = object->duration_ms > 0 ? object->duration_ms : G_MAXINT32;
    hth_host_set_position(hth_dlna_host(call->dlna), object->leaf_id,
                          CLAMP(position_ms, 0, end_ms));
    return HTH_UPNP_OK;
}

/* PosSecond is in seconds, whatever its name, only to older sets. */
static HthUpnpCode set_bookmark(const HthUpnpCall *call, HthXmlOut *out)
{
    const char *id = hth_upnp_call_text(call, "ObjectID", NULL);
    guint32 position = 0;
    if (id == NULL || !hth_upnp_call_number(call, "PosSecond", 0, &position))
        return HTH_UPNP_INVALID_ARGS;
    if (call->policy != HTH_DEVICE_ALLOWED)
        return HTH_UPNP_ACCESS_DENIED;
    const gboolean is_ms = call->client->bookmark == HTH_BOOKMARK_MILLISECONDS;
    return set_position(call, id, is_ms ? position : (gint64)position * 1000);
}

/* ---- Kodi ---- */

/* The text of <upnp:NAME> in a comma-separated list of fragments, which is not a document.
 * Returns: a new string, NULL when it is not there. */
static char *fragment_text(const char *fragments, const char *name)
{
    g_autofree char *start = g_strdup_printf(":%s>", name);
    const char *found = strstr(fragments, start);
    if (found == NULL)
        return NULL;
    const char *text = found + strlen(start);
    return g_strndup(text, strcspn(text, "<"));
}

/* Plain seconds, as Kodi writes it, or H:MM:SS. */
static gint64 position_of(const char *text)
{
    double seconds = 0;
    g_auto(GStrv) fields = g_strsplit(text, ":", 3);
    for (guint i = 0; fields[i] != NULL; i++)
        seconds = seconds * 60 + CLAMP(g_ascii_strtod(fields[i], NULL), 0, G_MAXINT32);
    return (gint64)(CLAMP(seconds, 0, G_MAXINT32) * 1000);
}

static HthUpnpCode add_play(const HthUpnpCall *call, const char *id, const char *count)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(hth_dlna_library(call->dlna));
    g_autofree char *parent_id = NULL;
    HthUpnpCode code = HTH_UPNP_OK;
    g_autoptr(HthObject) object = hth_browse_object(call, reader, id, &parent_id, &code);
    if (object == NULL)
        return code;
    if (hth_object_is_container(object))
        return HTH_UPNP_NO_SUCH_OBJECT;
    if (g_ascii_strtoull(count, NULL, 10) > object->play_count)
        hth_host_add_play(hth_dlna_host(call->dlna), object->leaf_id);
    return HTH_UPNP_OK;
}

/* Of the tags only the play state can be changed from outside; the others are left as they are. */
static HthUpnpCode update_object(const HthUpnpCall *call, HthXmlOut *out)
{
    const char *id = hth_upnp_call_text(call, "ObjectID", NULL);
    const char *tags = hth_upnp_call_text(call, "NewTagValue", NULL);
    if (id == NULL || tags == NULL)
        return HTH_UPNP_INVALID_ARGS;
    if (call->policy != HTH_DEVICE_ALLOWED)
        return HTH_UPNP_ACCESS_DENIED;
    g_autofree char *position = fragment_text(tags, "lastPlaybackPosition");
    g_autofree char *count = fragment_text(tags, "playbackCount");
    if (count == NULL)
        count = fragment_text(tags, "playCount");
    HthUpnpCode code = HTH_UPNP_OK;
    if (position != NULL)
        code = set_position(call, id, position_of(position));
    if (code == HTH_UPNP_OK && count != NULL)
        code = add_play(call, id, count);
    return code;
}

/* ---- Tables ---- */

static const HthUpnpAction actions[] = {
    { "Browse",
      hth_browse_call,
      { { "ObjectID", "A_ARG_TYPE_ObjectID", FALSE },
        { "BrowseFlag", "A_ARG_TYPE_BrowseFlag", FALSE },
        { "Filter", "A_ARG_TYPE_Filter", FALSE },
        { "StartingIndex", "A_ARG_TYPE_Index", FALSE },
        { "RequestedCount", "A_ARG_TYPE_Count", FALSE },
        { "SortCriteria", "A_ARG_TYPE_SortCriteria", FALSE },
        { "Result", "A_ARG_TYPE_Result", TRUE },
        { "NumberReturned", "A_ARG_TYPE_Count", TRUE },
        { "TotalMatches", "A_ARG_TYPE_Count", TRUE },
        { "UpdateID", "A_ARG_TYPE_UpdateID", TRUE } } },
    { "Search",
      hth_search_call,
      { { "ContainerID", "A_ARG_TYPE_ObjectID", FALSE },
        { "SearchCriteria", "A_ARG_TYPE_SearchCriteria", FALSE },
        { "Filter", "A_ARG_TYPE_Filter", FALSE },
        { "StartingIndex", "A_ARG_TYPE_Index", FALSE },
        { "RequestedCount", "A_ARG_TYPE_Count", FALSE },
        { "SortCriteria", "A_ARG_TYPE_SortCriteria", FALSE },
        { "Result", "A_ARG_TYPE_Result", TRUE },
        { "NumberReturned", "A_ARG_TYPE_Count", TRUE },
        { "TotalMatches", "A_ARG_TYPE_Count", TRUE },
        { "UpdateID", "A_ARG_TYPE_UpdateID", TRUE } } },
    { "GetSearchCapabilities",
      get_search_capabilities,
      { { "SearchCaps", "SearchCapabilities", TRUE } } },
    { "GetSortCapabilities", get_sort_capabilities, { { "SortCaps", "SortCapabilities", TRUE } } },
    { "GetSystemUpdateID", get_system_update_id, { { "Id", "SystemUpdateID", TRUE } } },
    { "UpdateObject",
      update_object,
      { { "ObjectID", "A_ARG_TYPE_ObjectID", FALSE },
        { "CurrentTagValue", "A_ARG_TYPE_TagValueList", FALSE },
        { "NewTagValue", "A_ARG_TYPE_TagValueList", FALSE } } },
    { "X_GetFeatureList", get_feature_list, { { "FeatureList", "A_ARG_TYPE_Featurelist", TRUE } } },
    { "X_SetBookmark",
      set_bookmark,
      { { "CategoryType", "A_ARG_TYPE_CategoryType", FALSE },
        { "RID", "A_ARG_TYPE_RID", FALSE },
        { "ObjectID", "A_ARG_TYPE_ObjectID", FALSE },
        { "PosSecond", "A_ARG_TYPE_PosSec", FALSE } } },
};

static const HthUpnpVariable variables[] = {
    { "TransferIDs", "string", TRUE, { NULL } },
    { "A_ARG_TYPE_ObjectID", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_Result", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_SearchCriteria", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_BrowseFlag", "string", FALSE, { "BrowseMetadata", "BrowseDirectChildren" } },
    { "A_ARG_TYPE_Filter", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_SortCriteria", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_Index", "ui4", FALSE, { NULL } },
    { "A_ARG_TYPE_Count", "ui4", FALSE, { NULL } },
    { "A_ARG_TYPE_UpdateID", "ui4", FALSE, { NULL } },
    { "A_ARG_TYPE_TagValueList", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_Featurelist", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_CategoryType", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_RID", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_PosSec", "string", FALSE, { NULL } },
    { "SearchCapabilities", "string", FALSE, { NULL } },
    { "SortCapabilities", "string", FALSE, { NULL } },
    { "SystemUpdateID", "ui4", TRUE, { NULL } },
    { "ContainerUpdateIDs", "string", TRUE, { NULL } },
};

const HthUpnpService hth_content_directory = {
    .name = "content",
    .type = "urn:schemas-upnp-org:service:ContentDirectory:1",
    .id = "urn:upnp-org:serviceId:ContentDirectory",
    .actions = actions,
    .n_actions = G_N_ELEMENTS(actions),
    .variables = variables,
    .n_variables = G_N_ELEMENTS(variables),
};
