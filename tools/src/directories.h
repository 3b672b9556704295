/* SPDX-License-Identifier: MIT */
/* Where control sockets may be, for whoever runs this. */
#pragma once

#include <stddef.h>

#include <ekiden/error.h>

#include "entry/control_path.h"

struct directories {
        char (*paths)[EK_CONTROL_PATH_MAX];
        size_t count;
};

/**
 * The directories in which to look: EKIDEN_RUNTIME_DIR alone where it is set; root's own and every
 * user's for root; otherwise all that are one's own. They need not exist.
 */
int directories_find(struct directories *ret_directories, struct ekiden_error *error);

void directories_deinit(struct directories *directories);
