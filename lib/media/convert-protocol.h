/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearthd and hearth-convert say to each other. One process makes one file:
 *
 *     hearth-convert profiles                     what can be made here
 *     hearth-convert make PROFILE FORMAT HEAD     ORIGINAL → SCRATCH → OUT
 *     hearth-convert wrap PROFILE FORMAT HEAD     tags of ORIGINAL around the payload of SCRATCH,
 *                                                 which is an older rendition, → OUT
 *     hearth-convert head PROFILE FORMAT HEAD     the same of the skeleton in SCRATCH: OUT gets the
 *                                                 head alone
 *
 * FORMAT is the HthMediaFormat that the original's name says, HEAD the size in bytes that the head
 * should have when the tags fit (0: as it comes). Files are descriptors, each a regular file.
 *
 * Lines come back on HTH_CONVERT_REPORT_FD, each ended by '\n', of at most HTH_CONVERT_LINE_MAX
 * bytes:
 *
 *     sandbox TEXT                                  once, when the sandbox is closed
 *     offer PROFILE ENCODER                         "profiles": each that can be made
 *     missing PROFILE SENTENCE                      and each that can't
 *     progress PERMILLE                             whenever something was done, twice a second
 *     done SIZE HASH PAYLOAD_OFFSET PAYLOAD_HASH    the end
 *     failed CODE SENTENCE                          or this one; CODE is an HthError
 *
 * hearthd believes none of it further than its own eyes reach: a line that it does not understand
 * ends the child.
 */
#pragma once

#define HTH_CONVERT_REPORT_FD   3
#define HTH_CONVERT_ORIGINAL_FD 4
#define HTH_CONVERT_SCRATCH_FD  5 /* the converted payload; an older rendition; a skeleton */
#define HTH_CONVERT_OUT_FD      6
#define HTH_CONVERT_SKELETON_FD 7 /* gets the head without tags; not for "head" */
#define HTH_CONVERT_LAST_FD     7

#define HTH_CONVERT_LINE_MAX 512

/* A head's size: tables of a long film and a cover. */
#define HTH_CONVERT_HEAD_MAX (64 * 1024 * 1024)
