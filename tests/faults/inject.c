/* SPDX-License-Identifier: MIT */
/* See inject.h. */
#include "inject.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/role.h>

#include "entry/find_predecessor.h"
#include "entry/threads.h"
#include "handover/predecessor.h"
#include "handover/spawn.h"
#include "handover/way_back.h"

static struct plan *shared;
static enum plan_role role;

int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);

/* Who returns finds a word of the keeper, and no token of a way back behind its three numbers. */
static enum plan_role role_of_service(void)
{
        const char *keeper = getenv(EK_KEEPER_VARIABLE);
        int colons = 0;

        for (const char *at = keeper; at && *at; at++)
                colons += *at == ':';
        if (colons == 2)
                return ROLE_RETURNED;
        if (!getenv(EK_HANDOVER_VARIABLE) && !getenv(EK_PREDECESSOR_VARIABLE))
                return ROLE_PREDECESSOR;
        return getenv(PLAN_CHILD_VARIABLE) ? ROLE_CHILD_SUCCESSOR : ROLE_SUCCESSOR;
}

/* Before main(): a successor has not taken the variable away yet. */
__attribute__((constructor)) static void find_plan(void)
{
        const char *path = getenv(PLAN_VARIABLE);
        int fd = path ? __real_open64(path, O_RDWR | O_CLOEXEC) : -1;
        void *memory;

        if (fd < 0)
                return;
        memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        __real_close(fd);
        if (memory == MAP_FAILED)
                return;
        shared = memory;
        /* What the tool starts has its environment. */
        if (getenv(PLAN_TOOL_VARIABLE) && !getenv(EK_HANDOVER_VARIABLE))
                role = ROLE_TOOL;
        else
                role = role_of_service();
}

struct plan *inject_plan(enum plan_role *ret_role)
{
        if (!shared || !__atomic_load_n(&shared->is_armed, __ATOMIC_ACQUIRE))
                return NULL;
        *ret_role = __atomic_load_n(&role, __ATOMIC_RELAXED);
        if (*ret_role == ROLE_PREDECESSOR && getenv(PLAN_FORKED_VARIABLE)) {
                *ret_role = ROLE_FORKED;
                return shared;
        }
        /* It was forked behind the constructor; any of its threads may be the first to see it. */
        if (*ret_role == ROLE_PREDECESSOR && strcmp(ekiden_role(), PLAN_CHILD_ROLE) == 0) {
                *ret_role = ROLE_CHILD;
                __atomic_store_n(&role, ROLE_CHILD, __ATOMIC_RELAXED);
        }
        return shared;
}

void inject_sleep(unsigned int milliseconds)
{
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += milliseconds / 1000;
        until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
                until.tv_sec++;
                until.tv_nsec -= 1000000000;
        }
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
                ;
}

void inject_struck(struct plan *plan)
{
        plan->struck_phase = __atomic_load_n(&plan->phase, __ATOMIC_RELAXED);
        plan->was_taken = plan->is_taken;
        plan->was_returned = plan->is_returned;
        plan->was_child_taken = plan->is_child_taken;
        plan->struck_pid = getpid();
        __atomic_store_n(&plan->has_struck, 1, __ATOMIC_RELEASE);
}

int inject_error(void)
{
        return shared->error;
}

static void strike(struct plan *plan)
{
        inject_struck(plan);
        if (plan->fault == FAULT_HANG)
                inject_sleep(plan->sleep_ms);
        else if (plan->fault == FAULT_KILL)
                raise(SIGKILL);
        else if (plan->fault == FAULT_STOP)
                raise(SIGSTOP);
}

bool inject_at_moving(enum faults_call call, bool *ret_is_short)
{
        enum plan_role mine;
        struct plan *plan = inject_plan(&mine);
        uint32_t count;

        *ret_is_short = false;
        if (!plan)
                return false;
        if ((mine == ROLE_PREDECESSOR || mine == ROLE_CHILD) && ek_thread_is_main())
                __atomic_store_n(&plan->phase, (int)ek_predecessor_phase(), __ATOMIC_RELAXED);
        count = __atomic_add_fetch(&plan->counts[mine][call], 1, __ATOMIC_RELAXED);
        if (count != plan->count || plan->place != call || plan->role != mine)
                return false;
        strike(plan);
        *ret_is_short = plan->fault == FAULT_SHORT;
        if (plan->fault != FAULT_FAIL && plan->fault != FAULT_EINTR)
                return false;
        errno = plan->error;
        return true;
}

bool inject_at(enum faults_call call)
{
        bool is_short;

        return inject_at_moving(call, &is_short);
}
