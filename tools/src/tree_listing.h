/* SPDX-License-Identifier: MIT */
/* The processes of a program, and which tree each is of. */
#pragma once

#include "ask.h"

struct tree_listing {
        struct process_list list; /* each PID once */
        struct answer *answers; /* to the question for the status, one each */
        uint64_t *trees; /* one each; 0: not known. What knows no trees is one by itself */
};

/**
 * Lists and asks them.
 *
 * @param is_known     tells which PIDs are of no interest; NULL: all are
 * @param ret_listing  tree_listing_deinit()
 * @return 0, and as find_processes()
 */
int tree_listing_init(struct tree_listing *listing, const char *program, uint32_t timeout_ms,
                      bool (*is_known)(const void *data, pid_t pid), const void *data,
                      struct ekiden_error *error);

void tree_listing_deinit(struct tree_listing *listing);

/** What a process has told; NULL: nothing. */
const Ekiden__Status *tree_listing_status(const struct tree_listing *listing, size_t index);

/** How many trees there are, and how many processes are of none that is known. */
size_t tree_listing_count(const struct tree_listing *listing, size_t *ret_unknown);

/** The PID of the main process, or the lowest one, where all are of one tree; otherwise 0. */
pid_t tree_listing_main(const struct tree_listing *listing);

/** That there are several trees, with their main processes: EAMBIGUOUS, which is returned. */
int tree_listing_ambiguous(const struct tree_listing *listing, const char *target,
                           struct ekiden_error *error);
