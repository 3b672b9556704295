/* SPDX-License-Identifier: MIT */
/* See way_back.h. */
#include "handover/way_back.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover/capabilities.h"
#include "handover/held.h"
#include "handover/spawn.h"
#include "handover/timers.h"
#include "wire/cleanup.h"
#include "wire/own.h"

#define DESCRIPTORS_MAX 65536
#define STACK_BYTES 65536 /* for a handler that calls execve() */
#define CARD_MAX ((off_t)16 << 20) /* bytes of arguments; the kernel allows fewer (execve(2)) */

extern char **environ;

/* By these a program that has lost its way is ended. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

#define CRASH_COUNT (sizeof(crashes) / sizeof(crashes[0]))

static struct {
        struct ek_keeper_word word;
        pid_t pid; /* 0: there is no way. A forked child has none, either */
        char *card; /* mapped; the arguments point into it */
        char **arguments, **environment; /* NULL-terminated */
        char handover[sizeof(EK_HANDOVER_VARIABLE "=") + EK_TOKEN_TEXT_SIZE];
        char keeper[sizeof(EK_KEEPER_VARIABLE "=") + EK_KEEPER_TEXT_SIZE];
        char **ended_at; /* where `ended` has its place among these; NULL behind them */
        char ended[sizeof(EK_ENDED_VARIABLE "=") + EK_ENDED_TEXT_SIZE];
        bool has_handler[CRASH_COUNT];
        void *stack; /* that a handler of those runs on; NULL: there is another, or none */
} way;

/* Of the version before this one, which is the old one again. */
static struct ek_ended ended_before;

static int not_kept(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                "the environment has " EK_KEEPER_VARIABLE ", but no predecessor "
                                "under this PID started this process; unset it");
}

/* The arguments of the old binary, as it was started. */
static int read_card(struct ekiden_error *error)
{
        struct stat status;
        size_t size, count = 0;

        if (fstat(EK_RETURN_CARD, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 ||
            status.st_size > CARD_MAX)
                return not_kept(error);
        size = (size_t)status.st_size;
        way.card = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, EK_RETURN_CARD, 0);
        if (way.card == MAP_FAILED)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot read the arguments of the old version");
        way.card[size - 1] = '\0';
        for (size_t i = 0; i < size; i++)
                count += way.card[i] == '\0';
        way.arguments = calloc(count + 1, sizeof(*way.arguments));
        if (!way.arguments)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        count = 0;
        for (size_t at = 0; at < size; at += strlen(way.card + at) + 1)
                way.arguments[count++] = way.card + at;
        return 0;
}

/* A copy: the program may change its environment, and move it. */
static int copy_environment(int update_signal, struct ekiden_error *error)
{
        struct ek_keeper_word word = {
                .keeper = way.word.keeper,
                .mask = way.word.mask,
                .signal_number = update_signal,
        };
        size_t count = 0;

        while (environ[count])
                count++;
        way.environment = calloc(count + 4, sizeof(*way.environment));
        for (size_t i = 0; way.environment && i < count; i++) {
                way.environment[i] = strdup(environ[i]);
                if (!way.environment[i])
                        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        }
        if (!way.environment)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        ek_token_write(&way.word.token, stpcpy(way.handover, EK_HANDOVER_VARIABLE "="));
        ek_keeper_word_write(&word, stpcpy(way.keeper, EK_KEEPER_VARIABLE "="));
        way.environment[count++] = way.handover;
        way.environment[count++] = way.keeper;
        way.ended_at = &way.environment[count];
        return 0;
}

static void own(bool is_owned)
{
        for (int fd = EK_RETURN_SOCKET; fd <= EK_INHERITED_LAST; fd++) {
                int copy = fd;

                if (is_owned && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
                        ek_own(fd);
                else if (!is_owned)
                        ek_own_close(&copy);
        }
}

/* Goes back, and says why. Async-signal-safe, as ek_way_back_take(). */
static void take_after(struct ek_ended ended)
{
        if (way.pid == getpid()) {
                ek_ended_write(&ended, stpcpy(way.ended, EK_ENDED_VARIABLE "="));
                *way.ended_at = way.ended;
        }
        ek_way_back_take();
}

static void on_exit_of_program(int status, void *data)
{
        (void)data;
        take_after((struct ek_ended){EK_ENDED_EXITED, status & 0xff});
}

static void on_crash(int number)
{
        int saved = errno;

        take_after((struct ek_ended){EK_ENDED_KILLED, number});
        signal(number, SIG_DFL); /* it comes again, when this returns or abort() goes on */
        errno = saved;
}

/* A stack that overflows has no room for a handler. Where there is one for that, it stays. */
static void make_stack(void)
{
        stack_t stack = {.ss_size = STACK_BYTES};
        stack_t before;

        if (sigaltstack(NULL, &before) < 0 || !(before.ss_flags & SS_DISABLE))
                return;
        stack.ss_sp = way.stack = malloc(STACK_BYTES);
        if (way.stack)
                sigaltstack(&stack, NULL);
}

static void free_stack(void)
{
        static const stack_t none = {.ss_flags = SS_DISABLE};
        stack_t now;

        if (way.stack && sigaltstack(NULL, &now) == 0 && now.ss_sp == way.stack)
                sigaltstack(&none, NULL);
        free(way.stack);
        way.stack = NULL;
}

/* Where a sanitizer has a handler, or somebody's library, it stays. */
static void watch_for_crashes(void)
{
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
        struct sigaction before;

        sigfillset(&action.sa_mask);
        for (size_t i = 0; i < CRASH_COUNT; i++)
                way.has_handler[i] = sigaction(crashes[i], NULL, &before) == 0 &&
                                     before.sa_handler == SIG_DFL &&
                                     sigaction(crashes[i], &action, NULL) == 0;
}

static void forget_crashes(void)
{
        struct sigaction now;

        for (size_t i = 0; i < CRASH_COUNT; i++)
                if (way.has_handler[i] && sigaction(crashes[i], NULL, &now) == 0 &&
                    now.sa_handler == on_crash)
                        signal(crashes[i], SIG_DFL);
}

static int make_ready(int update_signal, struct ekiden_error *error)
{
        int r = read_card(error);

        if (r == 0)
                r = copy_environment(update_signal, error);
        if (r < 0)
                return r;
        own(true);
        way.pid = getpid();
        make_stack();
        watch_for_crashes();
        if (on_exit(on_exit_of_program, NULL) != 0)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        return 0;
}

int ek_way_back_check_places(int socket, struct ekiden_error *error)
{
        struct stat ours, there;

        if (fstat(socket, &ours) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot look at the handover's socket");
        for (int fd = EK_RETURN_SOCKET; fd <= EK_INHERITED_LAST; fd++)
                if (fstat(fd, &there) < 0 || there.st_dev != ours.st_dev ||
                    there.st_ino != ours.st_ino)
                        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                                "the new binary closes descriptors that are the "
                                                "handover's until it serves, such as %d; where the "
                                                "PID is kept it may close those from %d on",
                                                fd, EK_INHERITED_LAST + 1);
        return 0;
}

static void take_ended(void)
{
        const char *value = getenv(EK_ENDED_VARIABLE);

        if (value && !way.word.has_way_back)
                ended_before = ek_ended_read(value);
        unsetenv(EK_ENDED_VARIABLE);
}

const struct ek_ended *ek_way_back_ended(void)
{
        return &ended_before;
}

int ek_way_back_open(int update_signal, struct ekiden_error *error)
{
        char *value = getenv(EK_KEEPER_VARIABLE);
        bool is_ours = value && ek_keeper_word_read(value, &way.word);
        int r;

        if (!value)
                return 0;
        explicit_bzero(value, strlen(value));
        unsetenv(EK_KEEPER_VARIABLE);
        if (!is_ours)
                return not_kept(error);
        take_ended();
        r = way.word.has_way_back ? make_ready(update_signal, error) : 0;
        return r < 0 ? r : 1;
}

void ek_way_back_unblock(int update_signal)
{
        sigset_t mask;

        if (way.word.keeper == 0)
                return;
        if (update_signal != 0)
                signal(update_signal, SIG_IGN);
        ek_held_begin(update_signal, way.word.has_way_back ? 0 : way.word.signal_number,
                      way.word.keeper);
        ek_mask_of_number(way.word.mask, &mask);
        sigprocmask(SIG_SETMASK, &mask, NULL);
}

bool ek_put_at(int fd, int number)
{
        return TEMP_FAILURE_RETRY(dup2(fd, number)) >= 0;
}

void ek_close_from(int first)
{
        if (close_range((unsigned int)first, ~0U, 0) == 0)
                return;
        for (int fd = first; fd < DESCRIPTORS_MAX; fd++) /* before Linux 5.9 */
                close(fd);
}

/* All signals stay blocked until the old binary can take them again. */
void ek_way_back_take(void)
{
        char path[] = "/proc/self/fd/4";
        sigset_t all;

        if (way.pid != getpid())
                return;
        way.pid = 0;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        ek_held_pass_on();
        ek_timers_stop();
        ek_capabilities_lend_own();
        if (!ek_put_at(EK_RETURN_SOCKET, EK_HANDOVER_SOCKET) ||
            !ek_put_at(EK_RETURN_BINARY, EK_HANDOVER_BINARY))
                return;
        ek_close_from(EK_HANDOVER_BINARY + 1);
        execve(path, way.arguments, way.environment);
}

bool ek_way_back_take_for(pid_t sender)
{
        if (way.word.keeper == 0 || sender != way.word.keeper)
                return false;
        ek_way_back_take();
        return true;
}

static void free_all(void)
{
        struct stat status;

        for (size_t i = 0; way.environment && way.environment[i] != way.handover; i++)
                free(way.environment[i]);
        free(way.environment);
        free(way.arguments);
        if (way.card && fstat(EK_RETURN_CARD, &status) == 0)
                munmap(way.card, (size_t)status.st_size);
        way.environment = way.arguments = NULL;
        way.card = NULL;
}

void ek_way_back_close(void)
{
        if (way.pid == getpid()) {
                way.pid = 0;
                forget_crashes();
                free_stack();
                free_all();
                own(false);
        }
        way.word.keeper = 0;
        ek_held_end(); /* a handler may end the process: there is no way back for that any more */
}
