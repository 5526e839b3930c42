/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browse.h"

#include <string.h>

#include "base/error.h"
#include "didl.h"
#include "dlna.h"
#include "filter.h"
#include "search-criteria.h"

/* Room that an object of a page takes, so that a page is seldom moved while it is written. */
#define USUAL_OBJECT_BYTES 1300
#define MOST_ROOM_AT_ONCE  (512 * 1024)

/* How far ahead of the writing records are fetched. */
#define OBJECTS_AHEAD 6

typedef struct {
    const char *id; /* as asked */
    guint32 start;
    guint32 count; /* 0: all */
    HthSort sort;
    HthDidlStyle style;
} Request;

static HthUpnpCode code_of(const GError *error, HthUpnpCode unsupported)
{
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND))
        return HTH_UPNP_NO_SUCH_OBJECT;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER))
        return HTH_UPNP_NO_SUCH_CONTAINER;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED))
        return unsupported;
    return HTH_UPNP_CANNOT_PROCESS;
}

static gboolean read_sort(const HthUpnpCall *call, HthSort *out_sort)
{
    const HthClient *client = call->client;
    const char *text = hth_upnp_call_text(call, "SortCriteria", "");
    if (client->is_sort_overruled && client->forced_sort.n_keys > 0) {
        *out_sort = client->forced_sort;
        return TRUE;
    }
    if (!hth_sort_parse(text, client->ignores_unknown_sort, out_sort, NULL))
        return FALSE;
    if (out_sort->n_keys == 0)
        *out_sort = client->forced_sort;
    return TRUE;
}

/* What Browse and Search have in common. */
static HthUpnpCode read_request(const HthUpnpCall *call, const char *id, Request *out)
{
    const char *base_url = hth_http_request_base_url(call->request);
    *out = (Request){
        .id = id,
        .style = { .client = call->client,
                   .filter = hth_filter_parse(hth_upnp_call_text(call, "Filter", NULL)),
                   .base_url = base_url,
                   .base_length = strlen(base_url) },
    };
    if (id == NULL || !hth_upnp_call_number(call, "StartingIndex", 0, &out->start) ||
        !hth_upnp_call_number(call, "RequestedCount", 0, &out->count))
        return HTH_UPNP_INVALID_ARGS;
    return read_sort(call, &out->sort) ? HTH_UPNP_OK : HTH_UPNP_BAD_SORT;
}

static void note(const HthUpnpCall *call, const char *action, const Request *request,
                 const char *outcome)
{
    char asked[160];
    g_snprintf(asked, sizeof asked, "%s %.100s %u+%u", action, request->id, request->start,
               request->count);
    hth_host_device_note(hth_dlna_host(call->dlna), hth_http_request_peer(call->request), asked,
                         outcome);
}

static void note_page(const HthUpnpCall *call, const char *action, const Request *request,
                      guint n_returned, guint n_total)
{
    char outcome[48];
    g_snprintf(outcome, sizeof outcome, "%u of %u", n_returned, n_total);
    note(call, action, request, outcome);
}

static HthUpnpCode fail(const HthUpnpCall *call, const char *action, const Request *request,
                        HthUpnpCode code)
{
    char outcome[96];
    g_snprintf(outcome, sizeof outcome, "error %u: %s", (guint)code, hth_upnp_code_text(code));
    note(call, action, request, outcome);
    return code;
}

static void append_tail(HthXmlOut *out, guint n_returned, guint n_total, guint32 update_id)
{
    hth_xml_out_literal(out, "</Result>");
    hth_upnp_append_number(out, "NumberReturned", n_returned);
    hth_upnp_append_number(out, "TotalMatches", n_total);
    hth_upnp_append_number(out, "UpdateID", update_id);
}

/* ---- Pages ---- */

/* Appends the object of @ref; FALSE when it has gone since the listing was made. */
static gboolean append_ref(const HthUpnpCall *call, HthXmlOut *out, const HthDidlStyle *style,
                           HthReader *reader, HthObjectRef ref, const HthDidlPlace *place,
                           guint64 sequence)
{
    HthRecordCache *records = hth_dlna_records(call->dlna);
    HthRecordCopy copy;
    if (G_LIKELY(hth_record_cache_get(records, ref, &copy))) {
        hth_didl_object(out, style, &copy.record, place);
        return TRUE;
    }
    g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, ref);
    if (object == NULL)
        return FALSE;
    HthRecord *record = hth_record_new(object);
    record->ref = ref;
    hth_didl_object(out, style, record, place);
    hth_record_cache_put(records, record, sequence);
    return TRUE;
}

/* Appends the objects of the page; returns how many. */
static guint append_page(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                         HthReader *reader, const HthListing *listing, const HthDidlPlace *place)
{
    const guint start = MIN(request->start, listing->n_refs);
    const guint left = listing->n_refs - start;
    const guint n_asked = request->count == 0 ? left : MIN(request->count, left);
    hth_xml_out_grow(out, MIN((gsize)n_asked * USUAL_OBJECT_BYTES, MOST_ROOM_AT_ONCE));

    const guint64 sequence = hth_library_sequence(hth_dlna_library(call->dlna));
    guint n_returned = 0;
    const HthObjectRef *refs = listing->refs + start;
    for (guint i = 0; i < n_asked && out->length < HTH_BROWSE_MAX_ANSWER_BYTES; i++) {
        if (i + OBJECTS_AHEAD < n_asked)
            hth_record_cache_prefetch(hth_dlna_records(call->dlna), refs[i + OBJECTS_AHEAD]);
        if (append_ref(call, out, &request->style, reader, refs[i], place, sequence))
            n_returned++;
    }
    return n_returned;
}

static char *escape_id(const char *id)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 128);
    hth_xml_out_escaped(&out, id, HTH_XML_TWICE);
    return hth_xml_out_steal(&out, NULL);
}

static guint append_children(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                             HthReader *reader, const HthListing *listing)
{
    g_autofree char *parent = escape_id(request->id);
    g_autofree char *container = escape_id(listing->container_id);
    const HthDidlPlace place = {
        .reference = listing->is_canonical ? NULL : container,
        .reference_length = strlen(container),
        .parent_id = parent,
        .parent_length = strlen(parent),
    };
    return append_page(call, out, request, reader, listing, &place);
}

static HthListing *read_children(const HthUpnpCall *call, HthReader *reader, const char *id,
                                 const HthSort *sort, GError **error)
{
    g_autoptr(GError) problem = NULL;
    HthListing *listing = hth_reader_children(reader, id, sort, &problem);
    if (listing == NULL && call->client->ignores_unknown_sort &&
        g_error_matches(problem, HTH_ERROR, HTH_ERROR_UNSUPPORTED))
        return hth_reader_children(reader, id, &(HthSort){ 0 }, error);
    if (problem != NULL)
        g_propagate_error(error, g_steal_pointer(&problem));
    return listing;
}

static HthUpnpCode browse_children(const HthUpnpCall *call, HthXmlOut *out, const Request *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(hth_dlna_library(call->dlna));
    g_autoptr(HthListing) listing = read_children(
        call, reader, hth_client_root(call->client, request->id), &request->sort, &error);
    if (listing == NULL)
        return fail(call, "Browse", request, code_of(error, HTH_UPNP_BAD_SORT));

    hth_xml_out_literal(out, "<Result>");
    hth_didl_begin(out, &request->style);
    const guint n_returned = append_children(call, out, request, reader, listing);
    hth_didl_end(out);
    append_tail(out, n_returned, listing->n_refs, listing->update_id);
    note_page(call, "Browse", request, n_returned, listing->n_refs);
    return HTH_UPNP_OK;
}

/* ---- One object ---- */

HthObject *hth_browse_object(const HthUpnpCall *call, HthReader *reader, const char *id,
                             char **out_parent_id, HthUpnpCode *out_code)
{
    g_autoptr(GError) error = NULL;
    HthObject *object =
        hth_reader_object(reader, hth_client_root(call->client, id), out_parent_id, &error);
    if (object == NULL)
        *out_code = code_of(error, HTH_UPNP_CANNOT_PROCESS);
    return object;
}

static gboolean is_root(const char *id)
{
    return strcmp(id, "0") == 0;
}

static void append_metadata(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                            const HthObject *object, const char *parent_id)
{
    g_autofree char *id = escape_id(request->id);
    g_autofree char *parent = escape_id(is_root(request->id) ? "-1" : parent_id);
    /* A leaf id that stands elsewhere than the id says is a reference. */
    const gboolean is_reference = g_str_has_prefix(request->id, object->leaf_id) &&
                                  request->id[strlen(object->leaf_id)] == '.';
    g_autofree HthRecord *record = hth_record_new(object);
    const HthDidlPlace place = {
        .id = id,
        .reference = is_reference ? parent : NULL,
        .reference_length = strlen(parent),
        .parent_id = parent,
        .parent_length = strlen(parent),
    };
    hth_xml_out_literal(out, "<Result>");
    hth_didl_begin(out, &request->style);
    hth_didl_object(out, &request->style, record, &place);
    hth_didl_end(out);
    const gboolean has_own = hth_object_is_container(object) && !is_root(object->leaf_id);
    append_tail(out, 1, 1,
                has_own ? object->update_id
                        : hth_library_system_update_id(hth_dlna_library(call->dlna)));
}

static HthUpnpCode browse_metadata(const HthUpnpCall *call, HthXmlOut *out, const Request *request)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(hth_dlna_library(call->dlna));
    g_autofree char *parent_id = NULL;
    HthUpnpCode code = HTH_UPNP_OK;
    g_autoptr(HthObject) object = hth_browse_object(call, reader, request->id, &parent_id, &code);
    if (object == NULL)
        return fail(call, "Metadata", request, code);
    if (call->policy != HTH_DEVICE_ALLOWED)
        object->child_count = 0;
    append_metadata(call, out, request, object, parent_id);
    note(call, "Metadata", request, object->title);
    return HTH_UPNP_OK;
}

/* ---- Devices that may not see anything ---- */

/* An empty page: sets that get an error for what they list at start give up on the server. */
static HthUpnpCode answer_nothing(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                                  const char *action)
{
    hth_xml_out_literal(out, "<Result>");
    hth_didl_begin(out, &request->style);
    hth_didl_end(out);
    append_tail(out, 0, 0, hth_library_system_update_id(hth_dlna_library(call->dlna)));
    note(call, action, request,
         call->policy == HTH_DEVICE_WAITING ? "nothing: waits for approval" : "nothing: hidden");
    return HTH_UPNP_OK;
}

static HthUpnpCode browse_refused(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                                  gboolean is_metadata)
{
    if (!is_root(request->id))
        return fail(call, "Browse", request, HTH_UPNP_NO_SUCH_OBJECT);
    return is_metadata ? browse_metadata(call, out, request)
                       : answer_nothing(call, out, request, "Browse");
}

/* ---- Calls ---- */

HthUpnpCode hth_browse_call(const HthUpnpCall *call, HthXmlOut *out)
{
    const char *container = hth_upnp_call_text(call, "ContainerID", NULL);
    const char *id = hth_upnp_call_text(call, "ObjectID", container);
    const char *flag = hth_upnp_call_text(call, "BrowseFlag", "");
    const gboolean is_metadata = strcmp(flag, "BrowseMetadata") == 0;
    if (!is_metadata && strcmp(flag, "BrowseDirectChildren") != 0)
        return HTH_UPNP_INVALID_ARGS;
    Request request;
    const HthUpnpCode code = read_request(call, id, &request);
    if (code == HTH_UPNP_BAD_SORT && !is_metadata)
        return fail(call, "Browse", &request, code);
    if (code == HTH_UPNP_INVALID_ARGS)
        return code;
    if (call->policy != HTH_DEVICE_ALLOWED)
        return browse_refused(call, out, &request, is_metadata);
    return is_metadata ? browse_metadata(call, out, &request)
                       : browse_children(call, out, &request);
}

static HthUpnpCode search(const HthUpnpCall *call, HthXmlOut *out, const Request *request,
                          const HthQuery *query)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(hth_dlna_library(call->dlna));
    g_autoptr(HthListing) listing = hth_reader_search(
        reader, hth_client_root(call->client, request->id), query, &request->sort, &error);
    if (listing == NULL) {
        const HthUpnpCode code = code_of(error, HTH_UPNP_BAD_SEARCH);
        return fail(call, "Search", request,
                    code == HTH_UPNP_NO_SUCH_OBJECT ? HTH_UPNP_NO_SUCH_CONTAINER : code);
    }
    hth_xml_out_literal(out, "<Result>");
    hth_didl_begin(out, &request->style);
    const guint n_returned = append_page(call, out, request, reader, listing, &(HthDidlPlace){ 0 });
    hth_didl_end(out);
    append_tail(out, n_returned, listing->n_refs, listing->update_id);
    note_page(call, "Search", request, n_returned, listing->n_refs);
    return HTH_UPNP_OK;
}

HthUpnpCode hth_search_call(const HthUpnpCall *call, HthXmlOut *out)
{
    const char *object = hth_upnp_call_text(call, "ObjectID", NULL);
    Request request;
    const HthUpnpCode code =
        read_request(call, hth_upnp_call_text(call, "ContainerID", object), &request);
    if (code == HTH_UPNP_INVALID_ARGS)
        return code;
    if (code != HTH_UPNP_OK)
        return fail(call, "Search", &request, code);
    if (call->policy != HTH_DEVICE_ALLOWED)
        return answer_nothing(call, out, &request, "Search");
    g_autoptr(HthQuery) query =
        hth_search_parse(hth_upnp_call_text(call, "SearchCriteria", "*"), NULL);
    if (query == NULL)
        return fail(call, "Search", &request, HTH_UPNP_BAD_SEARCH);
    return search(call, out, &request, query);
}
