/* SPDX-License-Identifier: MIT */
/* See control_socket.h. */
#include "entry/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/operators.h"
#include "entry/process.h"
#include "entry/standpoint.h"
#include "entry/sweep.h"
#include "entry/wake.h"
#include "handover/public_pid.h"
#include "wire/cleanup.h"
#include "wire/look.h"
#include "wire/own.h"

static struct {
        int listener;
        int spare; /* see turn_away() */
        dev_t device; /* of the listener, which the program might close by mistake */
        ino_t inode;
        char path[EK_CONTROL_PATH_MAX];
        bool is_hidden;
        bool is_tried; /* ek_control_try() has shown that it could be shown */
        bool is_removed_at_exit;
        bool is_given_away; /* the path is another's by now, or will be */
} control = {.listener = -1, .spare = -1};

static int bind_socket(const char *path, int *ret_socket, struct ekiden_error *error)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        ek_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        memcpy(address.sun_path, path, strlen(path) + 1);
        unlink(path); /* of a process that had this PID before */
        if (fd < 0 || fchmod(fd, 0600) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, EK_OPERATORS_MAX) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot open the control socket %s", path);
        *ret_socket = ek_own(ek_steal_fd(&fd));
        return 0;
}

static void remove_at_exit(void)
{
        if (ek_process_is_this())
                ek_control_close();
}

/* Of what needs no file: this process may be in a sandbox, later on. */
static int make_spare(void)
{
        return ek_own(fcntl(control.listener, F_DUPFD_CLOEXEC, 0));
}

static int remember_listener(struct ekiden_error *error)
{
        struct stat status;

        if (fstat(control.listener, &status) < 0 || ek_wake_watch(control.listener) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot be woken by the control socket");
        control.device = status.st_dev;
        control.inode = status.st_ino;
        control.spare = make_spare();
        if (!control.is_removed_at_exit)
                atexit(remove_at_exit);
        control.is_removed_at_exit = true; /* in forked children, too */
        return 0;
}

int ek_control_open(bool hidden, struct ekiden_error *error)
{
        char directory[EK_CONTROL_PATH_MAX];
        int r = ek_control_directory(directory, error);

        if (r == 0)
                r = ek_control_directory_make(directory, error);
        if (r == 0)
                r = ek_control_path(directory, ek_process.schema->program, ek_public_pid(), hidden,
                                    control.path, error);
        if (r == 0)
                r = bind_socket(control.path, &control.listener, error);
        control.is_hidden = hidden;
        control.is_tried = false;
        ek_standpoint_note();
        if (r == 0)
                r = remember_listener(error);
        if (r < 0)
                ek_control_close();
        return r;
}

void ek_control_sweep(void)
{
        char directory[EK_CONTROL_PATH_MAX];
        struct ekiden_error ignored = {0};

        if (ek_sweep_is_due(ek_process.public_pid) &&
            ek_control_directory(directory, &ignored) == 0)
                ek_sweep(directory);
}

int ek_control_sibling(pid_t pid, bool hidden, char ret_path[EK_CONTROL_PATH_MAX],
                       struct ekiden_error *error)
{
        char directory[EK_CONTROL_PATH_MAX];
        char *slash;

        memcpy(directory, control.path, sizeof(directory));
        slash = strrchr(directory, '/');
        if (!slash)
                return EKIDEN_ESTATE;
        *slash = '\0';
        return ek_control_path(directory, ek_process.schema->program, pid, hidden, ret_path, error);
}

static int cannot_show(const char *path, struct ekiden_error *error)
{
        const int system_errno = errno;
        char what[EK_CONTROL_PATH_MAX + 64];

        snprintf(what, sizeof(what), "cannot show the control socket as %s", path);
        return ek_standpoint_failed(error, system_errno, what);
}

int ek_control_try(struct ekiden_error *error)
{
        char path[EK_CONTROL_PATH_MAX];
        int r;

        if (!control.is_hidden || control.is_tried)
                return 0;
        r = ek_control_sibling(ek_public_pid(), false, path, error);
        if (r < 0)
                return r;
        if (rename(control.path, control.path) < 0)
                return cannot_show(path, error);
        control.is_tried = true;
        return 0;
}

int ek_control_publish(struct ekiden_error *error)
{
        char path[EK_CONTROL_PATH_MAX];
        int r;

        if (!control.is_hidden)
                return 0; /* before it went into a sandbox */
        r = ek_control_sibling(ek_public_pid(), false, path, error);
        if (r < 0)
                return r;
        if (rename(control.path, path) < 0)
                return cannot_show(path, error);
        memcpy(control.path, path, sizeof(control.path));
        control.is_hidden = false;
        return 0;
}

void ek_control_unlink(void)
{
        if (control.path[0] && !control.is_given_away && ek_may_look())
                unlink(control.path);
        control.path[0] = '\0';
}

void ek_control_close(void)
{
        if (!ek_process_is_this())
                return;
        ek_control_unlink();
        if (control.listener >= 0)
                ek_wake_unwatch(control.listener);
        ek_own_close(&control.listener);
        ek_own_close(&control.spare);
}

void ek_control_give_away(void)
{
        control.is_given_away = true;
}

int ek_control_reopen(struct ekiden_error *error)
{
        if (control.listener >= 0)
                ek_wake_unwatch(control.listener);
        ek_own_close(&control.listener);
        ek_own_close(&control.spare);
        control.is_given_away = false;
        ek_control_unlink();
        return ek_control_open(false, error);
}

void ek_control_after_fork(void)
{
        control.path[0] = '\0';
        ek_own_close(&control.listener);
        ek_own_close(&control.spare);
}

/* No descriptor is left for an operator. One in the backlog keeps the listener readable, and so the
   program's event loop awake: he is accepted on the spare descriptor, and closed. */
static bool turn_away(void)
{
        bool was_there;
        int socket;

        if (control.spare < 0)
                return false;
        ek_own_close(&control.spare);
        socket = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        was_there = socket >= 0; /* accept4() fails for want of a number, whoever is there */
        ek_close(&socket);
        control.spare = make_spare();
        if (was_there)
                ek_log(EKIDEN_LOG_WARNING, "an operator was turned away: too many open files");
        return was_there;
}

/* A program that closes descriptors which it did not open may have closed the listener, and the
   number may be one of its own by now. */
static bool is_listener_ours(void)
{
        struct stat status;

        if (control.listener < 0)
                return false;
        if (fstat(control.listener, &status) < 0
                    ? errno != EBADF
                    : status.st_dev == control.device && status.st_ino == control.inode)
                return true;
        ek_own_forget(control.listener);
        control.listener = -1;
        ek_own_close(&control.spare); /* it leads to the same socket */
        ek_log(EKIDEN_LOG_ERROR, "the program has closed the control socket: it cannot be upgraded "
                                 "any more; close descriptors before ekiden_start()");
        return false;
}

int ek_control_accept(void)
{
        int socket;

        if (!is_listener_ours())
                return -1;
        do
                socket = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        while (socket < 0 && (errno == EMFILE || errno == ENFILE) && turn_away());
        return socket;
}
