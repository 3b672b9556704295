/* SPDX-License-Identifier: MIT */
/* See spawn_here.h. */
#include "spawn_here.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "entry/find_predecessor.h"
#include "entry/restore.h"
#include "handover/binary.h"
#include "handover/keeper_word.h"
#include "handover/origin.h"
#include "offspring.h"
#include "wire/cleanup.h"
#include "wire/own.h"

extern char **environ;

/* How the tool was started, before it changed any of it for itself. */
static struct {
        bool has_standard[3];
        sigset_t blocked, defaults;
        struct rlimit descriptors; /* RLIMIT_NOFILE */
        bool is_limited; /* that is known */
} before;

void spawn_here_remember(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                before.has_standard[fd] = fcntl(fd, F_GETFD) >= 0;
        sigprocmask(SIG_SETMASK, NULL, &before.blocked);
        sigemptyset(&before.defaults);
        for (int i = 1; i < NSIG; i++) {
                struct sigaction action;

                if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
                        sigaddset(&before.defaults, i);
        }
        before.is_limited = getrlimit(RLIMIT_NOFILE, &before.descriptors) == 0;
}

int spawn_here_check(struct spawn_here *here, const char *path, struct ekiden_error *error)
{
        int r = ek_binary_open(path, &here->binary, error);

        if (r < 0)
                error->phase = EKIDEN_PHASE_CHECK;
        return r;
}

static int judge(uid_t user, struct ekiden_error *error)
{
        if (user == geteuid())
                return 0;
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "the process is of user %u, and the new version would run as user "
                                "%u, who should not do what another's process says: give its "
                                "arguments behind --, or ask as that user",
                                (unsigned int)user, (unsigned int)geteuid());
}

int spawn_here_identify(struct ek_link *link, struct ekiden_error *error)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(ek_link_socket(link), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot tell whose the process is");
        if (ek_link_identify(link) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot have it said who the process is");
        return judge(peer.uid, error);
}

int spawn_here_judge(const struct ek_link *link, struct ekiden_error *error)
{
        uid_t user;

        if (!ek_link_sender_user(link, &user))
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "the kernel does not say whose process has answered, so "
                                        "its arguments are not believed: give them behind --");
        return judge(user, error);
}

/* What lies in the environment for a process that is started otherwise is not for this one. */
static void clean_environment(void)
{
        unsetenv(EK_HANDOVER_VARIABLE);
        unsetenv(EK_KEEPER_VARIABLE);
        unsetenv(EK_PREDECESSOR_VARIABLE);
        unsetenv(EK_SNAPSHOT_VARIABLE);
}

static int fill_origin(struct ek_origin *ret_origin, struct ekiden_error *error)
{
        struct ek_origin origin = {
                .environment = environ,
                .directory = getcwd(NULL, 0),
                .blocked = before.blocked,
                .defaults = before.defaults,
                .begins_session = true,
                .lends_nothing = true,
        };

        if (!origin.directory)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot find the working directory");
        memcpy(origin.has_standard, before.has_standard, sizeof(origin.has_standard));
        *ret_origin = origin;
        return 0;
}

/* What the child inherits is the tool's own, for the moment of the spawn, as it was at the start.
   Returns the standard output, to be given back; -1: it stays. */
static int lend(bool spares_output)
{
        int output = -1;

        if (before.is_limited)
                (void)setrlimit(RLIMIT_NOFILE, &before.descriptors);
        if (spares_output)
                output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, EK_HANDOVER_BINARY + 1);
        if (output >= 0)
                TEMP_FAILURE_RETRY(dup2(STDERR_FILENO, STDOUT_FILENO));
        return output;
}

static void take_back(int output)
{
        struct rlimit limit = before.descriptors;

        if (output >= 0)
                TEMP_FAILURE_RETRY(dup2(output, STDOUT_FILENO));
        ek_close(&output);
        limit.rlim_cur = limit.rlim_max;
        if (before.is_limited)
                (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int spawn_here_start(struct spawn_here *here, const struct spawn_here_order *order,
                     struct handover_pair *pair, struct ekiden_error *error)
{
        ek_auto_free char **arguments = calloc(order->argument_count + 1, sizeof(*arguments));
        struct ek_origin origin;
        int output, r;

        if (!arguments)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        if (order->argument_count > 0)
                memcpy(arguments, order->arguments, order->argument_count * sizeof(*arguments));
        clean_environment();
        r = fill_origin(&origin, error);
        if (r < 0)
                return r;
        fflush(stdout); /* what the new version prints comes behind it */
        /* One that forks itself into the background stays this process's, until this has ended. */
        here->orphan = offspring_expect(pair->successors);
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        output = lend(order->spares_output);
        r = ek_spawn(&origin, here->binary, order->path, arguments, pair->successors, &pair->token,
                     false, &here->child, error);
        take_back(output);
        free(origin.directory);
        ek_close(&pair->successors);
        return r;
}

/* The predecessor has seen no more of it than its end of the socket pair. */
static void explain(const char *how, struct ekiden_error *error)
{
        static const char closed[] = "closed the handover's socket";
        char sentence[sizeof(error->sentence)];
        char *at = strstr(error->sentence, closed);

        if (error->code != EKIDEN_EPEER || !at)
                return;
        snprintf(sentence, sizeof(sentence), "%.*s%s%s", (int)(at - error->sentence),
                 error->sentence, how, at + strlen(closed));
        strcpy(error->sentence, sentence);
}

void spawn_here_end(struct spawn_here *here, int grace_ms, struct ekiden_error *error)
{
        struct pollfd gone = {.fd = here->child.pidfd, .events = POLLIN};
        bool ends_by_itself;
        pid_t orphan;
        char how[96];

        if (here->child.pid == 0)
                return;
        orphan = offspring_find(&here->orphan, here->child.pid);
        ends_by_itself = orphan == 0 && poll(&gone, 1, grace_ms) == 1;
        ek_child_speaks(&here->child, orphan);
        ek_child_end(&here->child, 0, false, how, sizeof(how));
        if (error && ends_by_itself && how[0])
                explain(how, error);
}

void spawn_here_deinit(struct spawn_here *here)
{
        ek_own_close(&here->child.pidfd);
        ek_own_close(&here->child.daemon);
        ek_close(&here->binary);
        *here = SPAWN_HERE_NONE;
}
