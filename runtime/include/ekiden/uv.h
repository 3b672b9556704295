/* SPDX-License-Identifier: MIT */
/*
 * For programs that run a libuv loop. Not part of <ekiden/ekiden.h>, so that other programs need
 * no libuv headers.
 *
 *     ekiden_uv_attach(loop);
 *     do
 *             ekiden_update_point("main_loop");
 *     while (uv_run(loop, UV_RUN_ONCE));
 */
#pragma once

#include <uv.h>

#include <ekiden/start.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * Wakes the loop when an update point has something to attend to: uv_run(UV_RUN_ONCE) returns. The
 * handle behind it is not referenced, so it keeps no loop alive. One loop a process.
 *
 * @param loop  outlives the attachment
 * @return 0; ESTATE (before ekiden_start(), or attached already), ESYSTEM, ENOMEM
 */
int ekiden_uv_attach(uv_loop_t *loop);

/**
 * In a forked child, after ekiden_after_fork(): attaches the loop that runs there. It is the
 * parent's, which goes on in the child by uv_loop_fork(); that is called here; or another one.
 *
 * @return as ekiden_uv_attach()
 */
int ekiden_uv_after_fork(uv_loop_t *loop);

/** Ends the attachment; the loop must run once more for its handle to close. */
void ekiden_uv_detach(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
