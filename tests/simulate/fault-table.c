/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault-table.h"

/* Not here: HTH_SYNC_FAULT_OLD_UNSEEN, which changes nothing as long as outcomes are compared. */
const FaultRow fault_rows[] = {
    { "no-file-sync", HTH_SYNC_FAULT_NO_FILE_SYNC, 1 },
    { "rename-first", HTH_SYNC_FAULT_RENAME_FIRST, 12 },
    { "no-dir-sync", HTH_SYNC_FAULT_NO_DIR_SYNC, 1 },
    { "early-result", HTH_SYNC_FAULT_EARLY_RESULT, 21 },
    { "no-checksum", HTH_SYNC_FAULT_NO_CHECKSUM, 11 },
    { "torn-journal", HTH_SYNC_FAULT_TORN_JOURNAL, 9 },
    { "no-undo", HTH_SYNC_FAULT_NO_UNDO, 22 },
    { "stale-resume", HTH_SYNC_FAULT_STALE_RESUME, 10 },
    { "volume-unseen", HTH_SYNC_FAULT_VOLUME_UNSEEN, 32 },
    { "revision-unseen", HTH_SYNC_FAULT_REVISION_UNSEEN, 6 },
    { "changed-unseen", HTH_SYNC_FAULT_CHANGED_UNSEEN, 15 },
    { "result-trusted", HTH_SYNC_FAULT_RESULT_TRUSTED, 3 },
    { "no-intent", HTH_SYNC_FAULT_NO_INTENT, 1 },
    { "overwrite", HTH_SYNC_FAULT_OVERWRITE, 10 },
    { "epoch-kept", HTH_SYNC_FAULT_EPOCH_KEPT, 3 },
    { "plays-again", HTH_SYNC_FAULT_PLAYS_AGAIN, 3 },
    { "plays-dropped", HTH_SYNC_FAULT_PLAYS_DROPPED, 3 },
    { "last-writer", HTH_SYNC_FAULT_LAST_WRITER, 12 },
};
const guint n_fault_rows = G_N_ELEMENTS(fault_rows);
