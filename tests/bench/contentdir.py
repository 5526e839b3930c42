# SPDX-License-Identifier: GPL-3.0-or-later
"""A small control point: what a server says of its tree."""
import http.client
import re
import xml.etree.ElementTree as ET
from xml.sax import saxutils

_SERVICE = "urn:schemas-upnp-org:service:ContentDirectory:1"
_DIDL = "{urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


class Failed(Exception):
    """The server refused, or did not answer with what was asked for."""


class Control:
    def __init__(self, host, port, path):
        self.host, self.port, self.path = host, port, path

    def call(self, action, **arguments):
        inner = "".join(f"<{name}>{saxutils.escape(str(value))}</{name}>"
                        for name, value in arguments.items())
        body = ('<?xml version="1.0" encoding="utf-8"?><s:Envelope '
                'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
                's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
                f'<u:{action} xmlns:u="{_SERVICE}">{inner}</u:{action}></s:Body></s:Envelope>')
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("POST", self.path, body.encode(), {
                "Content-Type": 'text/xml; charset="utf-8"',
                "SOAPACTION": f'"{_SERVICE}#{action}"'})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Failed(str(error)) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise Failed(f"{action}: status {answer.status}")
        return {element.tag: element.text or "" for element in ET.fromstring(text).iter()}

    def browse(self, container, first=0, count=100):
        """The objects as elements, and how many there are in all."""
        answer = self.call("Browse", ObjectID=container, BrowseFlag="BrowseDirectChildren",
                           Filter="*", StartingIndex=first, RequestedCount=count, SortCriteria="")
        return list(ET.fromstring(answer["Result"])), int(answer["TotalMatches"])

    def total(self, container):
        """How many children it has; 0 when there is no such container, or no server, yet."""
        try:
            return self.browse(container, 0, 1)[1]
        except Failed:
            return 0

    def found(self, criteria):
        """How many objects a Search finds; 0 when it can't be asked yet."""
        try:
            return int(self.call("Search", ContainerID="0", SearchCriteria=criteria, Filter="@id",
                                 StartingIndex=0, RequestedCount=1, SortCriteria="")["TotalMatches"])
        except Failed:
            return 0

    def by_titles(self, *titles):
        """The id of the container found by going down along patterns of titles."""
        here = "0"
        for title in titles:
            try:
                objects, _ = self.browse(here, 0, 200)
            except Failed:
                return None
            here = next((o.get("id") for o in objects if o.tag == _DIDL + "container" and
                         re.fullmatch(title, o.findtext(_TITLE) or "")), None)
            if here is None:
                return None
        return here

    def first_resource(self, container):
        """The path of the first res of the first item below @container."""
        objects, _ = self.browse(container, 0, 20)
        for item in objects:
            resource = item.findtext(_DIDL + "res")
            if item.tag == _DIDL + "item" and resource:
                return "/" + resource.split("/", 3)[3]
        for below in objects:
            if below.tag == _DIDL + "container":
                found = self.first_resource(below.get("id"))
                if found:
                    return found
        return None
