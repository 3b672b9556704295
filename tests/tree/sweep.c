/* SPDX-License-Identifier: MIT */
/* Which control sockets are swept away: those of processes that are gone, and no other. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/sweep.h"
#include "wire/look.h"

#define PID_LIMIT (1 << 22) /* no PID is as large (proc(5)) */

static char directory[] = "/tmp/ekiden-sweep-XXXXXX";

static void make_directory(void)
{
        cr_assert_not_null(mkdtemp(directory));
}

static void remove_directory(void)
{
        char command[64];

        snprintf(command, sizeof(command), "rm -r %s", directory);
        cr_expect_eq(system(command), 0);
}

/* The descriptor: as long as it is open, it can be listened on. */
static int bind_as(const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, name);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0, "%s", name);
        return fd;
}

static void leave(const char *name)
{
        close(bind_as(name));
}

static bool is_there(const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A PID that nobody has: none is given out twice so soon. */
static pid_t ended(void)
{
        pid_t pid = fork();

        if (pid == 0)
                _exit(0);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        return pid;
}

static void name_of(char name[64], const char *before, pid_t pid)
{
        snprintf(name, 64, "%sserver.%d", before, (int)pid);
}

TestSuite(sweep, .init = make_directory, .fini = remove_directory, .timeout = 60);

Test(sweep, removes_what_processes_that_are_gone_have_left)
{
        char shown[64], hidden[64];
        pid_t pid = ended();

        name_of(shown, "", pid);
        name_of(hidden, ".", pid);
        leave(shown);
        leave(hidden);
        ek_sweep(directory);
        cr_expect(!is_there(shown));
        cr_expect(!is_there(hidden));
}

Test(sweep, leaves_the_socket_of_a_process_that_is_there)
{
        char name[64];

        name_of(name, "", getpid());
        leave(name);
        ek_sweep(directory);
        cr_expect(is_there(name), "it may be about to listen");
}

Test(sweep, leaves_a_socket_that_somebody_listens_on_and_does_not_wake_who_is_there)
{
        char gone[64], here[64];
        int listener, own;

        name_of(gone, "", ended());
        listener = bind_as(gone);
        cr_assert_eq(listen(listener, 8), 0);
        name_of(here, "", getpid());
        own = bind_as(here);
        cr_assert_eq(listen(own, 8), 0);
        cr_assert_eq(fcntl(own, F_SETFL, O_NONBLOCK), 0);
        ek_sweep(directory);
        cr_expect(is_there(gone), "a process of another namespace has that PID there");
        cr_expect(is_there(here));
        cr_expect_lt(accept(own, NULL, NULL), 0, "somebody has connected");
}

Test(sweep, leaves_what_is_no_control_socket)
{
        leave("notes");
        leave("server");
        leave("server.0");
        ek_sweep(directory);
        cr_expect(is_there("notes"));
        cr_expect(is_there("server"));
        cr_expect(is_there("server.0"));
}

Test(sweep, leaves_a_file_that_has_the_name_of_a_control_socket)
{
        char name[64], path[128];
        int fd;

        name_of(name, "", ended());
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        cr_assert_geq(fd, 0);
        close(fd);
        ek_sweep(directory);
        cr_expect(is_there(name));
}

static unsigned int count_left(void)
{
        DIR *stream = opendir(directory);
        unsigned int count = 0;
        struct dirent *entry;

        cr_assert_not_null(stream);
        while ((entry = readdir(stream)))
                count += strncmp(entry->d_name, "server.", 7) == 0;
        closedir(stream);
        return count;
}

Test(sweep, removes_some_hundreds_at_most_and_the_others_next_time)
{
        char name[64];

        for (int i = 0; i < 300; i++) {
                name_of(name, "", PID_LIMIT - i);
                leave(name);
        }
        ek_sweep(directory);
        cr_expect_eq(count_left(), 300 - 256);
        ek_sweep(directory);
        cr_expect_eq(count_left(), 0);
}

Test(sweep, is_not_for_a_process_that_looks_at_nothing_any_more)
{
        char name[64];

        name_of(name, "", ended());
        leave(name);
        ek_look_no_more();
        ek_sweep(directory);
        cr_expect(is_there(name));
}

Test(sweep, of_a_directory_that_is_gone_does_nothing)
{
        ek_sweep("/nowhere/at/all");
}

Test(sweep, is_due_for_one_process_in_64_however_far_their_pids_are_apart)
{
        for (pid_t apart = 1; apart <= 256; apart++) {
                unsigned int due = 0;

                for (pid_t i = 0; i < 6400; i++)
                        due += ek_sweep_is_due(300 + i * apart);
                cr_expect(due >= 50 && due <= 200, "%u of 6400 that are %d apart", due, (int)apart);
        }
}
