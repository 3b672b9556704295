/* SPDX-License-Identifier: MIT */
/*
 * See split.h. The keeper is forked by a process in between, which ends at once: so it is nobody's
 * child here, and neither its end nor its existence is noticed by a program that counts its
 * children. The one in between is made by vfork(), so that memory is copied once.
 */
#include "handover/split.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover/capabilities.h"
#include "handover/spawn.h"
#include "handover/successor.h"
#include "handover/timers.h"
#include "handover/way_back.h"
#include "wire/cleanup.h"

/* What the process needs for its new life, made before there are two. */
struct life {
        const struct ek_split_plan *plan;
        int binary, socket; /* copies above EK_INHERITED_LAST, so that none overwrites another */
        int return_binary, return_socket, card;
        char **environment, **return_environment;
        char handover[sizeof(EK_HANDOVER_VARIABLE "=") + EK_TOKEN_TEXT_SIZE];
        char return_handover[sizeof(EK_HANDOVER_VARIABLE "=") + EK_TOKEN_TEXT_SIZE];
        char keeper[sizeof(EK_KEEPER_VARIABLE "=") + EK_KEEPER_TEXT_SIZE];
        char return_keeper[sizeof(EK_KEEPER_VARIABLE "=") + EK_KEEPER_TEXT_SIZE];
        pid_t *keeper_pid; /* shared with the processes that come */
};

static void deinit(struct life *life)
{
        ek_close(&life->binary);
        ek_close(&life->socket);
        ek_close(&life->return_binary);
        ek_close(&life->return_socket);
        ek_close(&life->card);
        free(life->environment);
        free(life->return_environment);
        if (life->keeper_pid && life->keeper_pid != MAP_FAILED)
                munmap(life->keeper_pid, sizeof(*life->keeper_pid));
}

static int high(int fd)
{
        return fcntl(fd, F_DUPFD_CLOEXEC, EK_INHERITED_LAST + 1);
}

static char **with_two_more(char *const environment[], char *first, char *second)
{
        size_t count = 0;
        char **made;

        while (environment[count])
                count++;
        made = calloc(count + 3, sizeof(*made));
        if (!made)
                return NULL;
        memcpy(made, environment, count * sizeof(*made));
        made[count] = first;
        made[count + 1] = second;
        return made;
}

/* The arguments of this binary, for the way back. */
static int make_card(const struct ek_origin *origin)
{
        ek_auto_close int low = memfd_create("ekiden-arguments", MFD_CLOEXEC);

        for (size_t i = 0; low >= 0 && i < origin->argument_count; i++) {
                size_t size = strlen(origin->arguments[i]) + 1;

                if (TEMP_FAILURE_RETRY(write(low, origin->arguments[i], size)) != (ssize_t)size)
                        return -1;
        }
        return low < 0 ? -1 : high(low);
}

static int prepare(struct life *life, struct ekiden_error *error)
{
        const struct ek_split_plan *plan = life->plan;
        ek_auto_close int own = (int)TEMP_FAILURE_RETRY(open("/proc/self/exe", O_PATH | O_CLOEXEC));

        life->binary = high(plan->binary);
        life->socket = high(plan->socket);
        life->return_socket = high(plan->return_socket);
        life->return_binary = own < 0 ? -1 : high(own);
        life->card = make_card(plan->origin);
        if (life->binary < 0 || life->socket < 0 || life->return_socket < 0 ||
            life->return_binary < 0 || life->card < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make ready what keeping the PID needs");
        life->environment = with_two_more(plan->origin->environment, life->handover, life->keeper);
        life->return_environment = with_two_more(plan->origin->environment, life->return_handover,
                                                 life->return_keeper);
        life->keeper_pid = mmap(NULL, sizeof(*life->keeper_pid), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (!life->environment || !life->return_environment || life->keeper_pid == MAP_FAILED)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        ek_token_write(&plan->token, stpcpy(life->handover, EK_HANDOVER_VARIABLE "="));
        ek_token_write(&plan->return_token,
                       stpcpy(life->return_handover, EK_HANDOVER_VARIABLE "="));
        return 0;
}

static void write_keeper(struct life *life)
{
        struct ek_keeper_word word = {
                .keeper = *life->keeper_pid,
                .mask = ek_mask_number(&life->plan->origin->blocked),
                .signal_number = life->plan->return_signal,
                .has_way_back = true,
                .token = life->plan->return_token,
        };

        ek_keeper_word_write(&word, stpcpy(life->keeper, EK_KEEPER_VARIABLE "="));
        word.has_way_back = false;
        ek_keeper_word_write(&word, stpcpy(life->return_keeper, EK_KEEPER_VARIABLE "="));
}

/* As a process is that was just started: no timer runs, nothing is ignored that was not. Handlers
   stay until execve() takes them away: in other threads signals are not blocked. */
static void become_new(const struct ek_origin *origin)
{
        struct sigaction action;

        ek_timers_stop();
        for (int i = 1; i < NSIG; i++)
                if (sigismember(&origin->defaults, i) == 1 && sigaction(i, NULL, &action) == 0 &&
                    action.sa_handler == SIG_IGN)
                        signal(i, SIG_DFL);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (!origin->has_standard[fd]) {
                        int nothing = (int)TEMP_FAILURE_RETRY(open("/dev/null", O_RDWR));

                        if (nothing >= 0 && nothing != fd) {
                                (void)ek_put_at(nothing, fd);
                                close(nothing);
                        }
                }
}

/* All signals are blocked, and stay so until the binary can take them (way_back.h). */
static _Noreturn void live_on(struct life *life)
{
        const struct ek_origin *origin = life->plan->origin;
        char path[] = "/proc/self/fd/4";

        write_keeper(life);
        become_new(origin);
        ek_capabilities_lend_own();
        if (chdir(origin->directory) == 0 && ek_put_at(life->binary, EK_HANDOVER_BINARY) &&
            ek_put_at(life->socket, EK_HANDOVER_SOCKET) &&
            ek_put_at(life->return_socket, EK_RETURN_SOCKET) &&
            ek_put_at(life->return_binary, EK_RETURN_BINARY) &&
            ek_put_at(life->card, EK_RETURN_CARD)) {
                ek_close_from(EK_INHERITED_LAST + 1);
                execve(path, life->plan->arguments, life->environment);
                (void)ek_put_at(EK_RETURN_SOCKET, EK_HANDOVER_SOCKET);
                (void)ek_put_at(EK_RETURN_BINARY, EK_HANDOVER_BINARY);
                ek_close_from(EK_HANDOVER_BINARY + 1);
                execve(path, origin->arguments, life->return_environment);
        }
        _exit(EK_EXIT_CALLED_OFF);
}

/* 0: this is the keeper; otherwise the PID of the one in between, or -1. */
static __attribute__((noinline)) pid_t fork_twice(pid_t *ret_keeper)
{
        pid_t between = vfork();

        if (between == 0) {
                pid_t keeper = fork();

                if (keeper == 0)
                        return 0;
                *ret_keeper = keeper;
                _exit(0);
        }
        return between;
}

int ek_split(const struct ek_split_plan *plan, pid_t *ret_pid, struct ekiden_error *error)
{
        __attribute__((cleanup(deinit))) struct life life = {
                .plan = plan,
                .binary = -1,
                .socket = -1,
                .return_binary = -1,
                .return_socket = -1,
                .card = -1,
        };
        pid_t kept = getpid();
        pid_t between;
        int r = prepare(&life, error);

        if (r < 0)
                return r;
        *life.keeper_pid = -1;
        between = fork_twice(life.keeper_pid);
        if (between > 0) /* vfork() returned: it has ended, and nothing is waited for */
                (void)TEMP_FAILURE_RETRY(waitpid(between, NULL, 0));
        if (between > 0 && *life.keeper_pid > 0)
                live_on(&life);
        if (between != 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, EAGAIN,
                                              "cannot fork the keeper of the state");
        *ret_pid = kept;
        return 0;
}
