/* SPDX-License-Identifier: MIT */
/*
 * The update points that this process has come to, so that an operator can see which of its loops
 * are alive. They are counted when they have something to attend to, and while somebody watches:
 * in passing nothing is (tenet 1 of the design).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <ekiden/error.h>

#define EK_UPDATE_POINTS_MAX 64 /* names; those that come later are not counted */

struct ek_update_point {
        char name[EKIDEN_NAME_MAX + 1];
        uint64_t attended; /* how often there was something to do, in this leg */
        uint64_t passed; /* how often it was passed while somebody watched */
        uint64_t last_ns; /* when it was attended or passed last (ek_now_ns()) */
};

/** The one of this name, which is added where it is new; NULL: there are too many. */
struct ek_update_point *ek_update_point_at(const char *name);

/** In a forked child: those that were counted are the parent's. */
void ek_update_points_forget(void);

/** All of them, in the order in which they came. */
const struct ek_update_point *ek_update_points(size_t *ret_count);
