/* SPDX-License-Identifier: MIT */
/* See sandbox.h. */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"

#define NOBODY 65534
#define ARCHITECTURE AUDIT_ARCH_X86_64

static const unsigned int allowed[] = {
#define NUMBER(name) __NR_##name,
        SANDBOX_CALLS_OF_EKIDEN(NUMBER) SANDBOX_CALLS_OF_THE_SERVER(NUMBER)
                SANDBOX_CALLS_OF_THE_UNPREPARED(NUMBER)
#undef NUMBER
};

#define COUNT (sizeof(allowed) / sizeof(allowed[0]))
#define ONE_MORE(name) +1
#define COUNT_OF_THE_UNPREPARED (0 SANDBOX_CALLS_OF_THE_UNPREPARED(ONE_MORE))

/* The architecture's numbers, and of these the ones above. */
static int filter_calls(bool is_prepared)
{
        const size_t load = offsetof(struct seccomp_data, nr);
        struct sock_filter filter[4 + 2 * COUNT + 1] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, load),
        };
        size_t count = is_prepared ? COUNT - COUNT_OF_THE_UNPREPARED : COUNT, used = 4;
        struct sock_fprog program = {.filter = filter};

        for (size_t i = 0; i < count; i++) {
                filter[used++] =
                        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
                filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        }
        filter[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        program.len = (unsigned short)used;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                return -errno;
        return 0;
}

int sandbox_give_up(const char *folder)
{
        static const struct rlimit none = {0, 0};

        if (chdir(folder) < 0 || chroot(".") < 0 || setgroups(0, NULL) < 0 ||
            setresgid(NOBODY, NOBODY, NOBODY) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0 ||
            setresuid(NOBODY, NOBODY, NOBODY) < 0)
                return -errno;
        return 0;
}

int sandbox_enter(const char *folder, bool is_prepared)
{
        int r = sandbox_give_up(folder);

        return r < 0 ? r : filter_calls(is_prepared);
}
