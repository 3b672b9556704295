/* SPDX-License-Identifier: MIT */
/*
 * The control socket is its owner's alone from its first moment; and a program that runs with
 * raised rights believes nothing that its environment says. The kernel's word on both comes from
 * here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "entry/control_path.h"
#include "entry/control_socket.h"
#include "entry/process.h"
#include "handover/spawn.h"
#include "handover/token.h"

/* The linker sends the library's calls here. */
unsigned long __wrap_getauxval(unsigned long type);
unsigned long __real_getauxval(unsigned long type);
char *__wrap_secure_getenv(const char *name);
int __wrap_bind(int socket, const struct sockaddr *address, socklen_t size);
int __real_bind(int socket, const struct sockaddr *address, socklen_t size);

uid_t __wrap_geteuid(void);
uid_t __real_geteuid(void);
int __wrap_lstat(const char *path, struct stat *status);
int __wrap_lstat64(const char *path, struct stat *status); /* its name with 64 bits for offsets */

static uid_t user; /* who the process is; 0: who it really is */
static struct stat made; /* what is at /run/ekiden/USER; mode 0: nothing */

uid_t __wrap_geteuid(void)
{
        return user > 0 ? user : __real_geteuid();
}

int __wrap_lstat(const char *path, struct stat *status)
{
        char place[64];

        snprintf(place, sizeof(place), "/run/ekiden/%u", (unsigned int)user);
        if (user == 0 || strcmp(path, place) != 0)
                return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
        *status = made;
        return made.st_mode ? 0 : -1;
}

int __wrap_lstat64(const char *path, struct stat *status)
{
        return __wrap_lstat(path, status);
}

static bool is_raised; /* as if the program had gained rights by its mode */
static mode_t mode_at_bind;
static const struct ekiden_schema schema = {.program = "guarded", .version = 1};

unsigned long __wrap_getauxval(unsigned long type)
{
        return type == AT_SECURE ? is_raised : __real_getauxval(type);
}

char *__wrap_secure_getenv(const char *name)
{
        return is_raised ? NULL : getenv(name);
}

int __wrap_bind(int socket, const struct sockaddr *address, socklen_t size)
{
        struct stat status;

        cr_assert_eq(fstat(socket, &status), 0);
        mode_at_bind = status.st_mode & 0777;
        return __real_bind(socket, address, size);
}

static char directory[64];

static void setup(void)
{
        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
        ek_process.pid = getpid();
        ek_process.schema = &schema;
}

static void teardown(void)
{
        ek_control_close();
        rmdir(directory);
}

TestSuite(control, .init = setup, .fini = teardown);

Test(control, socket_is_its_owners_alone_before_it_has_a_name_and_with_any_umask)
{
        static const mode_t masks[] = {0, 022, 0777};

        for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
                char path[EK_CONTROL_PATH_MAX];
                struct ekiden_error error = {0};
                struct stat status;
                mode_t mask = umask(masks[i]);

                cr_assert_eq(ek_control_open(false, &error), 0, "%s", error.sentence);
                umask(mask);
                cr_expect_eq(mode_at_bind, 0600u, "%03o", mode_at_bind);
                cr_assert_eq(ek_control_sibling(getpid(), false, path, &error), 0);
                cr_assert_eq(stat(path, &status), 0, "%s", path);
                cr_expect_eq(status.st_mode & 0177, 0u, "mode %03o with umask %03o",
                             status.st_mode & 0777, masks[i]);
                ek_control_close();
        }
}

Test(control, directory_of_the_environment_is_ignored_with_raised_rights)
{
        char chosen[EK_CONTROL_PATH_MAX];

        cr_assert_eq(ek_control_directory(chosen, NULL), 0);
        cr_expect_str_eq(chosen, directory);
        is_raised = true;
        cr_assert_eq(ek_control_directory(chosen, NULL), 0);
        cr_expect_str_neq(chosen, directory);
        setenv("XDG_RUNTIME_DIR", directory, 1);
        unsetenv("EKIDEN_RUNTIME_DIR");
        cr_assert_eq(ek_control_directory(chosen, NULL), 0);
        cr_expect_null(strstr(chosen, directory), "%s", chosen);
}

static void expect_directory(const char *expected)
{
        char chosen[EK_CONTROL_PATH_MAX];

        cr_assert_eq(ek_control_directory(chosen, NULL), 0);
        cr_expect_str_eq(chosen, expected, "%s: owner %u, mode %06o", chosen, made.st_uid,
                         made.st_mode);
}

Test(control, directory_that_was_made_for_a_user_comes_before_one_in_tmp)
{
        unsetenv("EKIDEN_RUNTIME_DIR");
        unsetenv("XDG_RUNTIME_DIR");
        user = 4711;
        expect_directory("/tmp/ekiden-4711");
        made = (struct stat){.st_mode = S_IFDIR | 0700, .st_uid = 4711};
        expect_directory("/run/ekiden/4711");
        setenv("XDG_RUNTIME_DIR", "/run/user/4711", 1);
        expect_directory("/run/user/4711/ekiden");
        unsetenv("XDG_RUNTIME_DIR");
        made.st_mode = S_IFDIR | 0750;
        expect_directory("/tmp/ekiden-4711");
        made = (struct stat){.st_mode = S_IFLNK | 0700, .st_uid = 4711};
        expect_directory("/tmp/ekiden-4711");
        made = (struct stat){.st_mode = S_IFDIR | 0700, .st_uid = 4712};
        expect_directory("/tmp/ekiden-4711");
        user = 0;
}

/* In a child, whose descriptors 3 and 4 are nobody else's. Returns what ekiden_start() answered. */
static int start_as_successor(void)
{
        static char name[] = "guarded";
        char *arguments[] = {name, NULL};
        pid_t child = fork();
        int status;

        if (child == 0) {
                struct ek_token token = {.bytes = {7}};
                char value[EK_TOKEN_TEXT_SIZE];
                struct ekiden_error error = {0};
                int ends[2];

                ek_token_write(&token, value);
                setenv(EK_HANDOVER_VARIABLE, value, 1);
                if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
                    dup2(ends[0], EK_HANDOVER_SOCKET) < 0)
                        _exit(100);
                shutdown(ends[1], SHUT_WR);
                ek_process.pid = 0;
                _exit(-ekiden_start(1, arguments, &schema, &error));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status));
        return -WEXITSTATUS(status);
}

Test(control, program_with_raised_rights_is_no_successor)
{
        cr_expect_neq(start_as_successor(), EKIDEN_EPERMISSION, "it fails as nobody speaks");
        is_raised = true;
        cr_expect_eq(start_as_successor(), EKIDEN_EPERMISSION);
}

static int start_with(const char *variable, const char *value)
{
        static char name[] = "guarded";
        char *arguments[] = {name, NULL};
        pid_t child = fork();
        int status;

        if (child == 0) {
                struct ekiden_error error = {0};

                setenv(variable, value, 1);
                ek_process.pid = 0;
                _exit(-ekiden_start(1, arguments, &schema, &error));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status));
        return -WEXITSTATUS(status);
}

Test(control, program_with_raised_rights_starts_from_no_snapshot_of_the_environment)
{
        cr_expect_eq(start_with("EKIDEN_SNAPSHOT", "/dev/null"), EKIDEN_EINVAL, "it is no file");
        is_raised = true;
        cr_expect_eq(start_with("EKIDEN_SNAPSHOT", "/dev/null"), EKIDEN_EPERMISSION);
}

Test(control, program_with_raised_rights_looks_for_no_predecessor)
{
        cr_expect_eq(start_with("EKIDEN_PREDECESSOR", "?"), EKIDEN_EINVAL, "it is no name");
        is_raised = true;
        cr_expect_eq(start_with("EKIDEN_PREDECESSOR", "?"), EKIDEN_EPERMISSION);
}
