/* SPDX-License-Identifier: MIT */
/*
 * A session's process: its connection, directory and umask, its alarm, and how far it had got with
 * a command. The directory crosses as a descriptor, since a path to it may lead elsewhere by now,
 * or nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "defs.h"
#include "postprivparent.h"
#include "release.h"
#include "session.h"
#include "sysutil.h"
#include "tunables.h"
#include "upgrade.h"
#include "upgrade_sandbox.h"
#include "upgrade_session.h"

static struct {
        struct vsf_session *session;
        int directory; /* that was opened for the last export; -1: none */
        int logged_in;
        unsigned int line_size; /* of a command that is read in part */
        int child_is_anothers; /* a parent's: another process has taken over from it */
        /* From its arrival until it serves: */
        int has_arrived;
        int control; /* a process that fails writes to standard output, which the client must not
                        see */
        unsigned int alarm_seconds;
        char *line; /* that the predecessor has read in part */
        unsigned int carried_size;
} process = {.directory = -1};

/* Whole seconds until the client has been idle for too long; 0: for ever. */
static unsigned int remaining_alarm(void)
{
        struct itimerval alarm = {0};

        if (process.has_arrived)
                return process.alarm_seconds;
        getitimer(ITIMER_REAL, &alarm);
        if (!timerisset(&alarm.it_value))
                return 0;
        return (unsigned int)alarm.it_value.tv_sec +
               (alarm.it_value.tv_usec > 500000 || alarm.it_value.tv_sec == 0);
}

static bool is_session(void)
{
        return strcmp(ekiden_role(), "session") == 0;
}

/* A parent has no alarm, and no directory but that of its sandbox. */
static int export_surroundings(VSFTPD_RECORD(Process) * record, struct ekiden_cursor *cursor)
{
        if (process.directory != -1)
                close(process.directory);
        process.directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (process.directory < 0)
                return ekiden_cursor_refuse(cursor, "the working directory cannot be opened");
        record->has_directory = record->has_alarm_seconds = 1;
        record->directory = process.directory;
        record->alarm_seconds = remaining_alarm();
        return 0;
}

static void export_port(VSFTPD_RECORD(Process) * record)
{
        struct vsf_sysutil_sockaddr *port = process.session->p_port_sockaddr;

        if (!port)
                return;
        record->has_port_address = 1;
        record->port_address.data = vsf_sysutil_sockaddr_get_raw_addr(port);
        record->port_address.len = vsf_sysutil_sockaddr_is_ipv6(port) ? 16 : 4;
        record->has_port = 1;
        record->port = vsf_sysutil_sockaddr_get_port(port);
}

int vsf_control_descriptor(void)
{
        return process.has_arrived ? process.control : VSFTP_COMMAND_FD;
}

static int export_process(VSFTPD_RECORD(Process) * record, struct ekiden_cursor *cursor, void *data)
{
        int result;

        (void)data;
        if (cursor->record > 0)
                return 0;
        if (is_session() && (result = export_surroundings(record, cursor)) < 0)
                return result;
        record->has_control = record->has_umask = record->has_logged_in = 1;
        record->control = vsf_control_descriptor();
        record->umask = vsf_sysutil_get_umask();
        record->logged_in = process.logged_in;
        if (process.line_size > 0) {
                record->has_pending_line = 1;
                record->pending_line.data = (uint8_t *)process.session->p_control_line_buf;
                record->pending_line.len = process.line_size;
        }
        export_port(record);
        return 1;
}

static int import_port(const VSFTPD_RECORD(Process) * record, struct ekiden_cursor *cursor)
{
        struct vsf_sysutil_sockaddr **port = &process.session->p_port_sockaddr;

        if (!record->has_port_address)
                return 0;
        if (record->port > UINT16_MAX)
                return ekiden_cursor_refuse(cursor, "the port of PORT is none");
        if (record->port_address.len == 4) {
                vsf_sysutil_sockaddr_alloc_ipv4(port);
                vsf_sysutil_sockaddr_set_ipv4addr(*port, record->port_address.data);
        } else if (record->port_address.len == 16) {
                vsf_sysutil_sockaddr_alloc_ipv6(port);
                vsf_sysutil_sockaddr_set_ipv6addr(*port, record->port_address.data);
        } else {
                return ekiden_cursor_refuse(cursor, "the address of PORT is of no known family");
        }
        vsf_sysutil_sockaddr_set_port(*port, (unsigned short)record->port);
        return 0;
}

/* The line goes into the buffer for lines, which has room for one byte more than it may have. */
static int import_line(const VSFTPD_RECORD(Process) * record, struct ekiden_cursor *cursor)
{
        if (!record->has_pending_line || record->pending_line.len == 0)
                return 0;
        if (record->pending_line.len >= VSFTP_MAX_COMMAND_LINE)
                return ekiden_cursor_refuse(cursor, "the command is longer than vsftpd takes");
        process.line = malloc(record->pending_line.len);
        if (!process.line)
                return EKIDEN_ENOMEM;
        memcpy(process.line, record->pending_line.data, record->pending_line.len);
        process.carried_size = (unsigned int)record->pending_line.len;
        return 0;
}

static int import_process(const VSFTPD_RECORD(Process) * record, struct ekiden_cursor *cursor,
                          void *data)
{
        int result;

        (void)data;
        if (cursor->record > 0 || record->control < 0 ||
            (record->has_directory && record->directory >= 0) != is_session())
                return ekiden_cursor_refuse(cursor, "a session has one connection and directory");
        if ((result = import_port(record, cursor)) < 0 ||
            (result = import_line(record, cursor)) < 0)
                return result;
        if (is_session() && fchdir(record->directory) < 0)
                return ekiden_cursor_refuse(cursor, "the session's directory cannot be entered");
        if (is_session())
                close(record->directory);
        vsf_sysutil_set_umask(record->umask);
        process.control = record->control;
        process.alarm_seconds = record->alarm_seconds;
        process.logged_in = record->logged_in;
        process.child_is_anothers = process.has_arrived = 1;
        return 0;
}

int vsf_tag_process(struct vsf_session *session)
{
        static const struct VSFTPD(process_functions) functions = {
                .export_record = export_process,
                .import_record = import_process,
        };

        process.session = session;
        return VSFTPD(tag_process)(&functions, NULL);
}

int vsf_is_logged_in(void)
{
        return process.logged_in;
}

int vsf_has_own_child(void)
{
        return !process.child_is_anothers;
}

void vsf_upgrade_logged_in(void)
{
        process.logged_in = 1;
        process.child_is_anothers = 0; /* it forks one */
}

int vsf_upgrade_resumes_login(void)
{
        return process.has_arrived;
}

int vsf_upgrade_resumes_session(void (*on_urgent)(void *))
{
        process.logged_in = 1;
        if (process.has_arrived && tunable_async_abor_enable)
                vsf_sysutil_install_sighandler(kVSFSysUtilSigURG, on_urgent, process.session, 0);
        return process.has_arrived;
}

unsigned int vsf_upgrade_carry(char *buffer, unsigned int *left)
{
        unsigned int size = process.carried_size;

        if (size > 0) {
                memcpy(buffer, process.line, size);
                free(process.line);
                process.line = NULL;
                process.carried_size = 0;
                *left -= size;
        }
        return size;
}

static void begin_to_serve(void)
{
        if (!process.has_arrived)
                return;
        for (int standard = 0; standard < 3; standard++)
                dup2(process.control, standard);
        if (process.control > 2)
                close(process.control);
        process.has_arrived = 0;
        vsf_serve();
}

/* The client has been idle since before the upgrade. */
static void begin_session(void)
{
        if (!process.has_arrived)
                return;
        begin_to_serve();
        if (process.alarm_seconds > 0)
                vsf_sysutil_set_alarm(process.alarm_seconds);
        if (tunable_async_abor_enable && process.logged_in)
                vsf_sysutil_activate_sigurg(VSFTP_COMMAND_FD);
}

void vsf_upgrade_session_point(const char *buffer)
{
        if (!process.session)
                return; /* it could not become a process that is upgraded */
        process.line_size = (unsigned int)(buffer - process.session->p_control_line_buf);
        ekiden_update_point("command");
        begin_session();
}

int vsf_upgrade_resumes_parent(void (*on_term)(void *), void (*on_child)(void *))
{
        if (!process.has_arrived)
                return 0;
        vsf_sysutil_install_sighandler(kVSFSysUtilSigTERM, on_term, NULL, 1);
        vsf_sysutil_install_sighandler(kVSFSysUtilSigCHLD, on_child, NULL, 1);
        if (process.logged_in)
                vsf_priv_parent_postlogin(process.session);
        return 1;
}

int vsf_upgrade_resumes_sandbox(void)
{
        if (process.has_arrived)
                vsf_lock_parent();
        else if (vsf_is_upgraded())
                vsf_prepare_for_sandbox();
        return process.has_arrived;
}

/* The child alone has the other end of their socket, and hands it to its own successor. */
int vsf_upgrade_lost_child(void)
{
        struct pollfd child = {.events = POLLIN};

        if (!process.session)
                return 1; /* it is not upgraded */
        child.fd = process.session->parent_fd;
        if (poll(&child, 1, 0) == 1 && (child.revents & (POLLHUP | POLLERR)) != 0)
                return 1;
        if (waitpid(-1, NULL, WNOHANG) > 0)
                process.child_is_anothers = 1;
        return 0;
}

/* Of a child that is not its own a parent gets no signal. */
static void end_with_the_child(int descriptor)
{
        char byte;
        ssize_t size = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        if (size == 0 || (size < 0 && errno == ECONNRESET))
                vsf_sysutil_exit(0);
}

/* vsftpd itself would wait in read(), and never come back from there to an update point. */
void vsf_upgrade_parent_point(int descriptor)
{
        struct pollfd request = {.fd = descriptor, .events = POLLIN};
        bool is_interrupted;

        if (!process.session)
                return; /* it is not upgraded, and where seccomp watches it may not poll() */
        do {
                ekiden_update_point("request");
                begin_to_serve();
                is_interrupted = poll(&request, 1, -1) < 0 && errno == EINTR;
                if (is_interrupted)
                        vsf_sysutil_check_pending_actions(kVSFSysUtilUnknown, 0, 0);
        } while (is_interrupted);
        if (process.child_is_anothers)
                end_with_the_child(descriptor);
}
