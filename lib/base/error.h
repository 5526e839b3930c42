/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error domain of hearth: a code where callers act differently, a sentence for people. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_ERROR (hth_error_quark())

typedef enum {
    HTH_ERROR_FAILED,        /* nothing better is known; the message says what happened */
    HTH_ERROR_CORRUPT,       /* bytes do not hold what they promise */
    HTH_ERROR_TOO_LARGE,     /* a length, depth or count is over its limit */
    HTH_ERROR_NOT_FOUND,     /* no object, file, device or route of that name */
    HTH_ERROR_NOT_CONTAINER, /* a container was asked for, and the object is an item */
    HTH_ERROR_INVALID,       /* what the caller asked for makes no sense; the message says why */
    HTH_ERROR_REFUSED,       /* understood, and not allowed */
    HTH_ERROR_BUSY,          /* a limit in count is reached; later it may work */
    HTH_ERROR_TIMEOUT,       /* a deadline passed */
    HTH_ERROR_NEWER,         /* data was written by a newer version; nothing was touched */
    HTH_ERROR_UNAVAILABLE,   /* the disk or the network that holds it is away */
    HTH_ERROR_UNSUPPORTED,   /* a format, sort key or operator that we do not have */
    HTH_ERROR_CHANGED,       /* what was asked about is no longer what it was */
    HTH_ERROR_NETWORK,       /* the other side cannot be reached, or the connection broke */
    HTH_ERROR_CANCELLED,     /* the caller ended it; nothing was decided */
    HTH_ERROR_ASLEEP,        /* the relay answers, and the home that is asked for does not */
} HthError;

GQuark hth_error_quark(void);

G_END_DECLS
