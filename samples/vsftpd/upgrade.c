/* SPDX-License-Identifier: MIT */
/*
 * Where a process of vsftpd's begins: as the first of its program, as a fork of it, or as the
 * successor of either. The listener's successor goes through main() as always and meets its state
 * in vsf_standalone_main(), under the PID that it had, since others wait for that; that of a
 * session or a parent is forked by the listener, and goes on right here.
 */
#include "upgrade.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <ekiden/ekiden.h>
#include <ekiden/sandbox.h>

#include "hops.h"
#include "release.h"
#include "session.h"
#include "sysutil.h"
#include "tunables.h"
#include "upgrade_sandbox.h"

/*
 * The listener first: who comes after that is served by the new version already, and it is the one
 * that can start it for those who are in a sandbox. Sessions come before their parents, since a
 * parent may be process 1 of its session's namespace.
 */
static const struct ekiden_role roles[] = {
        {.name = EKIDEN_ROLE_MAIN, .keeps_pid = true},
        {.name = "session", .spawned_by = EKIDEN_ROLE_MAIN},
        {.name = "parent", .spawned_by = EKIDEN_ROLE_MAIN},
};

static struct vsf_session *the_session;
static int background; /* the setting; a successor stays where it is, whatever that says */
static int argument_count;
static const char **arguments;
static pid_t started; /* the process that called ekiden_start(), or ekiden_after_fork() */
static bool is_tagged, is_successor;

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

static int permit_parent(struct ekiden_error *error)
{
        if (vsf_is_logged_in() && tunable_session_support && !the_session->is_anonymous)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the privileged parent is to close the session that PAM "
                                        "has opened for the user, and PAM does not give that "
                                        "away; it ends with the version that it began with");
        if (getpid() == 1 && vsf_has_own_child())
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the privileged parent is process 1 of the namespace of "
                                        "its child, which would end with it; when the client is "
                                        "logged in, upgrade the session first");
        return 0;
}

static bool is_parent(void)
{
        return strcmp(ekiden_role(), "parent") == 0;
}

void vsf_prepare_for_sandbox(void)
{
        (void)ekiden_before_sandbox(NULL); /* at worst an upgrade fails later */
}

static int permit(void *data, const struct ekiden_request *request, struct ekiden_error *error)
{
        (void)data;
        (void)request;
        if (!is_tagged)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "this process serves one client, on behalf of inetd: the "
                                        "next one that it starts can be another version");
        if (the_session->control_use_ssl)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the session is encrypted, and the state of that is in a "
                                        "library that does not give it away; it ends with the "
                                        "version that it began with");
        return is_parent() ? permit_parent(error) : 0;
}

/* The listener goes on through main(), where it would go into the background if its predecessor was
 * told to. */
static void begin_as_listener(void)
{
        int result = vsf_tag_settings();

        if (result < 0)
                vsf_give_up("the settings did not arrive", result);
        background = tunable_background;
        tunable_background = 0;
}

void vsf_upgrade_begin(int argc, const char *argv[], struct vsf_session *session)
{
        struct ekiden_error error;
        int began;

        the_session = session;
        argument_count = argc;
        arguments = argv;
        started = getpid();
        vsf_add_hops();
        ekiden_set_roles(roles, sizeof(roles) / sizeof(roles[0]));
        vsf_set_spawn();
        ekiden_set_permit(permit, NULL);
        ekiden_set_log(log_message, NULL);
        began = ekiden_start(argc, (char *const *)(uintptr_t)argv, &VSFTPD_SCHEMA, &error);
        if (began < 0)
                vsf_give_up(error.sentence, began);
        is_successor = began == EKIDEN_RESUMED;
        if (!is_successor)
                return;
        vsf_calm_signals();
        vsf_sysutil_set_exit_func(end_by_exit);
        if (strcmp(ekiden_role(), EKIDEN_ROLE_MAIN) != 0)
                vsf_give_up("a session's successor is forked by the listener", EKIDEN_EREFUSED);
        begin_as_listener();
}

/* What needs the file system, and is not the predecessor's affair. */
static void prepare_session(void)
{
        vsf_sysutil_make_session_leader();
        vsf_sysutil_tzset();
        if (tunable_syslog_enable || tunable_tcp_wrappers)
                vsf_sysutil_openlog(1);
}

/*
 * What is exposed to clients may have been broken into, and then its state is anybody's. So it is
 * the kernel that is asked what the predecessor may, and nothing is taken over before this process
 * may do no more.
 */
void vsf_succeed(pid_t predecessor)
{
        struct ekiden_error error;
        int result;

        started = getpid();
        is_tagged = false;
        vsf_calm_signals();
        vsf_sysutil_set_exit_func(end_by_exit);
        result = vsf_look_at_sandbox(predecessor);
        if (result < 0)
                vsf_give_up("the predecessor's sandbox cannot be seen", result);
        if (ekiden_succeed(&error) < 0)
                vsf_give_up(error.sentence, error.code);
        prepare_session();
        if (!is_parent() || vsf_is_confined())
                vsf_prepare_for_sandbox();
        if ((result = vsf_enter_sandbox()) < 0)
                vsf_give_up("the predecessor's sandbox cannot be entered", result);
        if ((result = vsf_tag_session(the_session)) < 0)
                vsf_give_up("the session did not arrive", result);
        if (is_parent() && vsf_has_been_confined(predecessor))
                vsf_give_up("the client has logged in meanwhile", EKIDEN_EREFUSED);
        is_tagged = true;
        vsf_resume_session(argument_count, arguments);
}

int vsf_upgrade_is_successor(void)
{
        return is_successor;
}

static int enter_role(const char *role)
{
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
 * A session that cannot be upgraded serves all the same, and nobody can ask it. One that is
 * encrypted waits for a process that speaks TLS for it, and not at an update point.
 */
static void begin_role(const char *role)
{
        is_tagged = false;
        if (the_session->control_use_ssl)
                ekiden_leave_role();
        if (the_session->control_use_ssl || enter_role(role) != 0)
                return;
        is_tagged = vsf_tag_session(the_session) >= 0;
        if (!is_parent())
                vsf_prepare_for_sandbox();
}

void vsf_upgrade_begin_session(void)
{
        bool is_one_process = tunable_one_process_model || tunable_run_as_launching_user;

        begin_role(is_one_process ? "session" : "parent");
}

/* Without its parent's consent it cannot be: that would take its end for the session's. */
void vsf_upgrade_enter_session(void)
{
        if (is_tagged)
                begin_role("session");
}

int vsf_is_upgraded(void)
{
        /* Not in a child that asks for a login on behalf of a parent that is. */
        return is_tagged && getpid() == started;
}
