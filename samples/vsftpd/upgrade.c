/* SPDX-License-Identifier: MIT */
/*
 * Where a process of vsftpd's begins: as the first of its program, as a fork of it, or as the
 * successor of either. The listener's successor goes through main() as always and meets its state
 * in vsf_standalone_main(); a session's goes on right here. All keep their PID: the listener is
 * waited for by whoever started it, and waits for its sessions.
 */
#include "upgrade.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hops.h"
#include "release.h"
#include "session.h"
#include "sysutil.h"
#include "tunables.h"

/* The listener first: who comes after that is served by the new version already. */
static const struct ekiden_role roles[] = {
        {.name = EKIDEN_ROLE_MAIN, .keeps_pid = true},
        {.name = "parent", .keeps_pid = true},
        {.name = "session", .keeps_pid = true},
};

static struct vsf_session *the_session;
static int background; /* the setting; a successor stays where it is, whatever that says */
static pid_t started; /* the process that called ekiden_start(), or ekiden_after_fork() */
static bool is_tagged, is_successor, sessions_may_fork;

/* Never to standard output or error, which may be a client's. */
static void log_message(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level >= EKIDEN_LOG_WARNING)
                syslog(LOG_DAEMON | LOG_ERR, "vsftpd: %s", message);
}

void vsf_give_up(const char *what, int code)
{
        syslog(LOG_DAEMON | LOG_ERR, "vsftpd: %s: %s", what, ekiden_error_text(code));
        exit(ekiden_error_exit_status(code));
}

/* vsftpd ends by _exit(), which gives the library no chance to go back to the old version. */
static void end_by_exit(void)
{
        exit(EXIT_FAILURE);
}

void vsf_serve(void)
{
        vsf_sysutil_set_exit_func(NULL);
}

static int permit(void *data, const struct ekiden_request *request, struct ekiden_error *error)
{
        (void)data;
        (void)request;
        if (!is_tagged)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "this process serves one client, on behalf of inetd: the "
                                        "next one that it starts can be another version");
        if (strcmp(ekiden_role(), "parent") == 0 && vsf_is_logged_in())
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the privileged parent of a session is in its sandbox from "
                                        "the login on; it ends with the version that it began "
                                        "with");
        if (the_session->control_use_ssl)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the session is encrypted, and the state of that is in a "
                                        "library that does not give it away; it ends with the "
                                        "version that it began with");
        return 0;
}

/* The listener goes on through main(), where it would go into the background if its predecessor was
 * told to. */
static void begin_as_successor(int argc, const char *argv[])
{
        bool is_listener = strcmp(ekiden_role(), EKIDEN_ROLE_MAIN) == 0;
        int result;

        vsf_calm_signals();
        vsf_sysutil_set_exit_func(end_by_exit);
        result = is_listener ? vsf_tag_settings() : vsf_tag_session(the_session);
        if (result < 0)
                vsf_give_up("the state did not arrive", result);
        if (!is_listener) {
                is_tagged = true;
                vsf_resume_session(argc, argv);
        }
        background = tunable_background;
        tunable_background = 0;
}

void vsf_upgrade_begin(int argc, const char *argv[], struct vsf_session *session)
{
        struct ekiden_error error;
        int began;

        const char *may_fork = getenv("VSFTPD_SESSIONS_MAY_FORK");

        the_session = session;
        sessions_may_fork = may_fork && strcmp(may_fork, "1") == 0;
        started = getpid();
        vsf_add_hops();
        ekiden_set_roles(roles, sizeof(roles) / sizeof(roles[0]));
        ekiden_set_permit(permit, NULL);
        ekiden_set_log(log_message, NULL);
        began = ekiden_start(argc, (char *const *)(uintptr_t)argv, &VSFTPD_SCHEMA, &error);
        if (began < 0)
                vsf_give_up(error.sentence, began);
        is_successor = began == EKIDEN_RESUMED;
        if (is_successor)
                begin_as_successor(argc, argv);
}

int vsf_upgrade_is_successor(void)
{
        return is_successor;
}

static int enter_role(const char *role)
{
        is_tagged = false;
        started = getpid();
        return ekiden_after_fork(role, NULL);
}

int vsf_enter_listener(void)
{
        /* It may have gone into the background. */
        int result = getpid() == started ? 0 : enter_role(EKIDEN_ROLE_MAIN);

        if (is_successor)
                tunable_background = background;
        is_tagged = result == 0;
        return result;
}

/*
 * A session that cannot be upgraded serves all the same, and nobody can ask it. One that seccomp
 * watches would be killed for what an upgrade does; one in a PID namespace of its own is process 1,
 * as all others are; one that is encrypted waits for a process that speaks TLS for it, and not at
 * an update point.
 */
static void begin_role(const char *role)
{
        if (tunable_seccomp_sandbox || getpid() == 1 || the_session->control_use_ssl)
                return;
        if (enter_role(role) == 0)
                is_tagged = vsf_tag_session(the_session) >= 0;
}

void vsf_upgrade_begin_session(void)
{
        bool is_one_process = tunable_one_process_model || tunable_run_as_launching_user;

        begin_role(is_one_process ? "session" : "parent");
}

void vsf_upgrade_enter_session(void)
{
        begin_role("session");
}

int vsf_upgrade_may_fork(void)
{
        return is_tagged && sessions_may_fork && strcmp(ekiden_role(), "session") == 0;
}
