/* SPDX-License-Identifier: MIT */
/* The threads of this process, registered or not, as an operator sees them in its status. */
#pragma once

#include "ekiden/control.pb-c.h"

struct ek_thread_statuses {
        struct ek_thread_status *list;
        Ekiden__ThreadStatus **pointers;
        size_t count;
};

/** Puts them into the status, for as long as they are not freed; nothing where the main thread is
    alone, or memory runs out. */
void ek_thread_statuses_fill(struct ek_thread_statuses *statuses, Ekiden__Status *status);
void ek_thread_statuses_free(struct ek_thread_statuses *statuses);
