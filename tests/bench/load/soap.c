/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "soap.h"

#include <libxml/parser.h>
#include <string.h>

static const char *const client_headers[HTH_N_CLIENT_KINDS] = {
    "User-Agent: UPnP/1.0 hearth-bench/1\r\n",
    "User-Agent: SEC_HHP_[TV] Samsung Q7 Series (55)/1.0 DLNADOC/1.50\r\n",
    "User-Agent: Linux/4.4 UPnP/1.0 LGE_DLNA_SDK/1.6.0 [LG] webOS TV/1.0 DLNADOC/1.50\r\n",
    "User-Agent: UPnP/1.0 DLNADOC/1.50\r\n"
    "X-AV-Client-Info: av=\"5.0\"; cn=\"Sony Corporation\"; mn=\"BRAVIA KD-55\"; mv=\"1.7\";\r\n",
};

static const char envelope_begin[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
    " s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>";
static const char envelope_end[] = "</s:Body></s:Envelope>";

static void append_request(GString *to, const HthControl *control, guint kind, const char *action,
                           const char *arguments)
{
    g_autofree char *body = g_strdup_printf(
        "%s<u:%s xmlns:u=\"urn:schemas-upnp-org:service:ContentDirectory:1\">%s</u:%s>%s",
        envelope_begin, action, arguments, action, envelope_end);
    g_string_append_printf(
        to,
        "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: text/xml; charset=\"utf-8\"\r\n"
        "SOAPACTION: \"urn:schemas-upnp-org:service:ContentDirectory:1#%s\"\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        control->path, control->host, client_headers[kind], action, strlen(body), body);
}

void hth_soap_browse(GString *to, const HthControl *control, guint kind, const char *container_id,
                     guint first, guint count)
{
    g_autofree char *id = g_markup_escape_text(container_id, -1);
    g_autofree char *arguments = g_strdup_printf(
        "<ObjectID>%s</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag><Filter>*</Filter>"
        "<StartingIndex>%u</StartingIndex><RequestedCount>%u</RequestedCount>"
        "<SortCriteria></SortCriteria>",
        id, first, count);
    append_request(to, control, kind, "Browse", arguments);
}

void hth_soap_search(GString *to, const HthControl *control, guint kind, const char *word,
                     guint count)
{
    g_autofree char *criteria = g_markup_printf_escaped(
        "upnp:class derivedfrom \"object.item.audioItem\" and dc:title contains \"%s\"", word);
    g_autofree char *arguments = g_strdup_printf(
        "<ContainerID>0</ContainerID><SearchCriteria>%s</SearchCriteria><Filter>*</Filter>"
        "<StartingIndex>0</StartingIndex><RequestedCount>%u</RequestedCount>"
        "<SortCriteria></SortCriteria>",
        criteria, count);
    append_request(to, control, kind, "Search", arguments);
}

gint64 hth_soap_number(const char *body, gsize size, const char *name)
{
    /* The numbers come behind the Result, so the last bytes are looked at first. */
    const gsize length = strlen(name);
    const gsize tail = MIN(size, 600);
    const char *at = memmem(body + size - tail, tail, name, length);
    if (at == NULL)
        at = memmem(body, size, name, length);
    if (at == NULL)
        return -1;
    at = memchr(at, '>', (gsize)(body + size - at));
    return at != NULL ? g_ascii_strtoll(at + 1, NULL, 10) : -1;
}

static xmlNode *find_element(xmlNode *from, const char *name)
{
    for (xmlNode *node = from; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp((const char *)node->name, name) == 0)
            return node;
        xmlNode *below = find_element(node->children, name);
        if (below != NULL)
            return below;
    }
    return NULL;
}

static void add_entry(GArray *entries, xmlNode *node, gboolean is_container)
{
    xmlChar *id = xmlGetNoNsProp(node, (const xmlChar *)"id");
    xmlChar *count = xmlGetNoNsProp(node, (const xmlChar *)"childCount");
    const HthDidlEntry entry = {
        .id = g_strdup(id != NULL ? (const char *)id : ""),
        .n_children = count != NULL ? g_ascii_strtoll((const char *)count, NULL, 10) : -1,
        .is_container = is_container,
    };
    g_array_append_val(entries, entry);
    xmlFree(id);
    xmlFree(count);
}

static gint64 read_didl(const char *text, GArray *out_entries)
{
    xmlDoc *didl = xmlReadMemory(text, (int)strlen(text), NULL, "UTF-8",
                                 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_HUGE);
    if (didl == NULL)
        return -1;
    gint64 n = 0;
    for (xmlNode *node = xmlDocGetRootElement(didl)->children; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        n++;
        if (out_entries != NULL)
            add_entry(out_entries, node, strcmp((const char *)node->name, "container") == 0);
    }
    xmlFreeDoc(didl);
    return n;
}

gint64 hth_soap_parse(const char *body, gsize size, GArray *out_entries)
{
    xmlDoc *answer = xmlReadMemory(body, (int)size, NULL, NULL,
                                   XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_HUGE);
    if (answer == NULL)
        return -1;
    gint64 n = -1;
    xmlNode *result = find_element(xmlDocGetRootElement(answer), "Result");
    if (result != NULL) {
        xmlChar *text = xmlNodeGetContent(result);
        n = read_didl((const char *)text, out_entries);
        xmlFree(text);
    }
    xmlFreeDoc(answer);
    return n;
}
