/* SPDX-License-Identifier: MIT */
/*
 * The sandbox that a process is in, as /proc tells it, and how a successor gets into the same: it
 * was forked by the listener, which is root, and outside. Each step is taken only where it makes a
 * difference, since a listener whose sessions are in no sandbox need not be root.
 *
 * The kernel's last door, seccomp's, cannot be seen through. vsftpd makes that itself, out of its
 * settings, when those have arrived; whether it was locked can be seen.
 */
#include "upgrade_sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "seccompsandbox.h"
#include "tunables.h"

#define GROUPS_MAX 65536 /* as the kernel has it */
#define PATH_SIZE 64
#define LIMIT_NAME 26 /* characters ahead of a limit in /proc/PID/limits */

struct sandbox {
        int root; /* O_PATH; -1: none */
        uid_t user;
        gid_t group;
        gid_t groups[GROUPS_MAX];
        size_t group_count;
        uint64_t capabilities;
        unsigned int seccomp;
        struct rlimit limits[RLIM_NLIMITS];
};

/* The predecessor's, and this process's own. */
static struct sandbox there = {.root = -1}, here = {.root = -1};

/* PID 0 is this process, which may be number 1 of a namespace that /proc is not of. */
static void name_file(pid_t pid, const char *name, char ret_path[PATH_SIZE])
{
        if (pid == 0)
                snprintf(ret_path, PATH_SIZE, "/proc/self/%s", name);
        else
                snprintf(ret_path, PATH_SIZE, "/proc/%d/%s", (int)pid, name);
}

static FILE *open_file(pid_t pid, const char *name)
{
        char path[PATH_SIZE];

        name_file(pid, name, path);
        return fopen(path, "re");
}

static bool read_groups(const char *text, struct sandbox *seen)
{
        char *end;

        for (seen->group_count = 0;; text = end) {
                unsigned long group = strtoul(text, &end, 10);

                if (end == text)
                        return true;
                if (seen->group_count == GROUPS_MAX)
                        return false;
                seen->groups[seen->group_count++] = (gid_t)group;
        }
}

/* Bits of what was found. */
enum { USER = 1, GROUP = 2, GROUPS = 4, CAPABILITIES = 8, SECCOMP = 16, ALL = 31 };

static int read_line(const char *line, struct sandbox *seen)
{
        if (sscanf(line, "Uid: %*u %u", &seen->user) == 1)
                return USER;
        if (sscanf(line, "Gid: %*u %u", &seen->group) == 1)
                return GROUP;
        if (strncmp(line, "Groups:", 7) == 0 && read_groups(line + 7, seen))
                return GROUPS;
        if (sscanf(line, "CapPrm: %" SCNx64, &seen->capabilities) == 1)
                return CAPABILITIES;
        if (sscanf(line, "Seccomp: %u", &seen->seccomp) == 1)
                return SECCOMP;
        return 0;
}

static int read_status(pid_t pid, struct sandbox *seen)
{
        FILE *file = open_file(pid, "status");
        char *line = NULL;
        size_t size = 0;
        int found = SECCOMP; /* a kernel without it does not tell */

        while (file && getline(&line, &size, file) > 0)
                found |= read_line(line, seen);
        free(line);
        if (file)
                fclose(file);
        return found == ALL ? 0 : EKIDEN_ESYSTEM;
}

static rlim_t limit_of(const char *word)
{
        return strcmp(word, "unlimited") == 0 ? RLIM_INFINITY : strtoull(word, NULL, 10);
}

/* A line of headings, and then one for each, in the order of their numbers. */
static int read_limits(pid_t pid, struct sandbox *seen)
{
        FILE *file = open_file(pid, "limits");
        char *line = NULL, soft[24], hard[24];
        size_t size = 0;
        int count = -1;

        while (file && getline(&line, &size, file) > LIMIT_NAME && count < RLIM_NLIMITS) {
                if (count >= 0 && sscanf(line + LIMIT_NAME, "%23s %23s", soft, hard) == 2)
                        seen->limits[count] = (struct rlimit){limit_of(soft), limit_of(hard)};
                count++;
        }
        free(line);
        if (file)
                fclose(file);
        return count == RLIM_NLIMITS ? 0 : EKIDEN_ESYSTEM;
}

static int look(pid_t pid, struct sandbox *seen)
{
        char path[PATH_SIZE];
        int result;

        name_file(pid, "root", path);
        seen->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        result = seen->root < 0 ? EKIDEN_ESYSTEM : read_status(pid, seen);
        return result < 0 ? result : read_limits(pid, seen);
}

int vsf_look_at_sandbox(pid_t pid)
{
        int result = pid > 0 ? look(0, &here) : EKIDEN_EINVAL;

        return result < 0 ? result : look(pid, &there);
}

static int enter_root(void)
{
        struct stat own, its;

        if (fstat(here.root, &own) < 0 || fstat(there.root, &its) < 0)
                return EKIDEN_ESYSTEM;
        if (own.st_dev == its.st_dev && own.st_ino == its.st_ino)
                return 0;
        return fchdir(there.root) < 0 || chroot(".") < 0 ? EKIDEN_ESYSTEM : 0;
}

static int keep_capabilities(uint64_t capabilities)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
                {.permitted = (uint32_t)capabilities, .effective = (uint32_t)capabilities},
                {.permitted = (uint32_t)(capabilities >> 32),
                 .effective = (uint32_t)(capabilities >> 32)},
        };

        return syscall(SYS_capset, &header, data) < 0 ? EKIDEN_ESYSTEM : 0;
}

static int enter_rights(void)
{
        bool has_groups =
                here.group_count == there.group_count &&
                memcmp(here.groups, there.groups, there.group_count * sizeof(there.groups[0])) == 0;

        if (!has_groups && setgroups(there.group_count, there.groups) < 0)
                return EKIDEN_ESYSTEM;
        if (here.group != there.group && setresgid(there.group, there.group, there.group) < 0)
                return EKIDEN_ESYSTEM;
        if (here.user != there.user &&
            (prctl(PR_SET_KEEPCAPS, there.capabilities != 0, 0, 0, 0) < 0 ||
             setresuid(there.user, there.user, there.user) < 0))
                return EKIDEN_ESYSTEM;
        return here.capabilities == there.capabilities ? 0 : keep_capabilities(there.capabilities);
}

static int enter_limits(void)
{
        for (int i = 0; i < RLIM_NLIMITS; i++)
                if (memcmp(&here.limits[i], &there.limits[i], sizeof(here.limits[i])) != 0 &&
                    setrlimit((__rlimit_resource_t)i, &there.limits[i]) < 0)
                        return EKIDEN_ESYSTEM;
        return 0;
}

int vsf_enter_sandbox(void)
{
        int result = enter_root();

        if (result == 0)
                result = enter_rights();
        if (result == 0)
                result = enter_limits();
        close(here.root);
        close(there.root);
        return result;
}

int vsf_is_confined(void)
{
        return there.user != here.user;
}

int vsf_has_been_confined(pid_t pid)
{
        if (vsf_is_confined())
                return 0; /* so it has been before, and this process as well */
        return look(pid, &there) < 0 || close(there.root) < 0 || vsf_is_confined();
}

/* It is not for the predecessor to say that seccomp watches no more. */
static void keep_seccomp(void)
{
        if (there.seccomp != 0)
                tunable_seccomp_sandbox = 1;
        seccomp_sandbox_init();
}

void vsf_lock_session(struct vsf_session *session)
{
        keep_seccomp();
        seccomp_sandbox_setup_postlogin(session);
        seccomp_sandbox_lockdown();
}

void vsf_lock_parent(void)
{
        keep_seccomp();
        seccomp_sandbox_setup_postlogin_broker();
        seccomp_sandbox_lockdown();
}
