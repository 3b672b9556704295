/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's file, which is there in whole or not at all. Until it is finished it has no name,
 * where the file system can do that (open(2), O_TMPFILE), so that whatever ends the tool leaves
 * nothing behind; elsewhere it is FILE.XXXXXX beside the one that it will replace. A file that is
 * replaced is so by rename(2), which wants a name: whole and on the disk, it has FILE.XXXXXX for
 * that moment.
 */
#pragma once

#include <limits.h>

#include <ekiden/error.h>

#include "state/snapshot_read.h"
#include "wire/link.h"

struct snapshot_file {
        const char *path; /* as it was given; borrowed */
        const char *name; /* its last component */
        int directory, fd;
        struct ek_link *link; /* over the same file */
        char temporary[NAME_MAX + 1]; /* its name until it is finished; "": none */
};

/**
 * Begins a file beside the one that it may replace, for its owner alone.
 *
 * @param ret_file  snapshot_file_discard(), on success
 * @return 0; EINVAL (what is there is no regular file), ESYSTEM, ENOMEM
 */
int snapshot_file_open(const char *path, struct snapshot_file *ret_file,
                       struct ekiden_error *error);

/** Appends a frame: 0 or ESYSTEM. */
int snapshot_file_append(struct snapshot_file *file, const struct ek_frame *frame,
                         struct ekiden_error *error);

/**
 * Reads all of it again.
 *
 * @param ret_snapshot  what is in it; ek_snapshot_close()
 * @return 0; ESYSTEM, ENOMEM, or as ek_snapshot_open(): what came was no whole snapshot
 */
int snapshot_file_read(struct snapshot_file *file, struct ek_snapshot *ret_snapshot,
                       struct ekiden_error *error);

/** Brings it to the disk, and gives it its name: 0 or ESYSTEM. */
int snapshot_file_finish(struct snapshot_file *file, struct ekiden_error *error);

/** Closes it; without snapshot_file_finish() nothing is left of it. Zeroed, it may be discarded. */
void snapshot_file_discard(struct snapshot_file *file);
