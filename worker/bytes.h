/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Big-endian and little-endian numbers in foreign bytes; the caller has checked the bounds. */
#pragma once

#include <glib.h>

static inline guint16 be16(const guint8 *at)
{
    return (guint16)(at[0] << 8 | at[1]);
}

static inline guint32 be24(const guint8 *at)
{
    return (guint32)at[0] << 16 | (guint32)at[1] << 8 | at[2];
}

static inline guint32 be32(const guint8 *at)
{
    return (guint32)be16(at) << 16 | be16(at + 2);
}

static inline guint64 be64(const guint8 *at)
{
    return (guint64)be32(at) << 32 | be32(at + 4);
}

static inline guint16 le16(const guint8 *at)
{
    return (guint16)(at[1] << 8 | at[0]);
}

static inline guint32 le32(const guint8 *at)
{
    return (guint32)le16(at + 2) << 16 | le16(at);
}

static inline guint64 le64(const guint8 *at)
{
    return (guint64)le32(at + 4) << 32 | le32(at);
}
