/* SPDX-License-Identifier: MIT */
/*
 * What /proc says of the end of a process (proc(5)). Between its last instruction and the
 * moment when it is gone the kernel frees its memory, which takes long where that is much; it runs
 * no code of its own any more, and has not closed its descriptors yet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Whether a process that was killed runs no code any more, in any of its threads, as far as /proc
 * tells: it is no snapshot, and one thread may be missed while another ends.
 *
 * @param public_pid  as /proc has it; 0: not known
 * @param pidfd       of the same process, borrowed
 * @return false: it does, or that cannot be told
 */
bool ek_process_is_exiting(pid_t public_pid, int pidfd);

/**
 * What its parent will hear by waitpid(2) of a process that has ended and was not waited for.
 *
 * @return 0: it has not ended, or that cannot be told
 */
int ek_process_wait_status(pid_t public_pid, int pidfd);

/** How much memory it has resident; 0: that cannot be told. `public_pid` as above. */
uint64_t ek_process_resident_bytes(pid_t public_pid);
