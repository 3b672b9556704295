/* SPDX-License-Identifier: MIT */
/*
 * A second release of prefork that is not as good as it should be: with the state in hand it exits,
 * follows a wild pointer, or is killed. The linker puts these in front of the generated functions.
 */
#include <signal.h>
#include <stdlib.h>

#include <ekiden/ekiden.h>

#include "prefork.h"
#include "prefork_v2.native.h"

int __real_prefork_v2_tag_master(struct master *master);
int __wrap_prefork_v2_tag_master(struct master *master);
int __real_prefork_v2_tag_worker(struct worker *worker);
int __wrap_prefork_v2_tag_worker(struct worker *worker);

static int fail(int result)
{
        if (result == EKIDEN_RESUMED)
                FAULT;
        return result;
}

int __wrap_prefork_v2_tag_master(struct master *master)
{
        return fail(__real_prefork_v2_tag_master(master));
}

int __wrap_prefork_v2_tag_worker(struct worker *worker)
{
        return fail(__real_prefork_v2_tag_worker(worker));
}
