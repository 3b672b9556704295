/* SPDX-License-Identifier: MIT */
/* See control_path.h. */
#include "entry/control_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int too_long(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ELIMIT,
                                "the control socket's path is longer than %zu bytes; set "
                                "EKIDEN_RUNTIME_DIR to a shorter directory",
                                EK_CONTROL_PATH_MAX - 1);
}

/* Where an administrator has made it, nobody else can be there first, as in /tmp. */
static bool is_made_for_user(const char *path)
{
        struct stat status;

        return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
               !(status.st_mode & 077);
}

int ek_control_directory(char ret_path[EK_CONTROL_PATH_MAX], struct ekiden_error *error)
{
        const char *chosen = secure_getenv("EKIDEN_RUNTIME_DIR");
        const char *xdg = secure_getenv("XDG_RUNTIME_DIR");
        unsigned int uid = (unsigned int)geteuid();
        char run[64];
        int n;

        snprintf(run, sizeof(run), "/run/ekiden/%u", uid);
        if (chosen && chosen[0])
                n = snprintf(ret_path, EK_CONTROL_PATH_MAX, "%s", chosen);
        else if (uid != 0 && xdg && xdg[0])
                n = snprintf(ret_path, EK_CONTROL_PATH_MAX, "%s/ekiden", xdg);
        else if (uid == 0 || is_made_for_user(run))
                n = snprintf(ret_path, EK_CONTROL_PATH_MAX, "%s", run);
        else
                n = snprintf(ret_path, EK_CONTROL_PATH_MAX, "/tmp/ekiden-%u", uid);
        return n < 0 || (size_t)n >= EK_CONTROL_PATH_MAX ? too_long(error) : 0;
}

int ek_control_directory_make(const char *path, struct ekiden_error *error)
{
        bool is_below_run = strncmp(path, "/run/ekiden/", 12) == 0;
        int r = is_below_run ? mkdir("/run/ekiden", 0755) : 0;
        struct stat status;

        if (is_below_run && r == 0)
                r = chmod("/run/ekiden",
                          0755); /* whatever the umask: other users' are in it, too */
        if (r < 0 && errno != EEXIST)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make /run/ekiden; set EKIDEN_RUNTIME_DIR to "
                                              "a directory of your own");
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make %s for the control socket; set "
                                              "EKIDEN_RUNTIME_DIR to a directory of your own",
                                              path);
        if (lstat(path, &status) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot look at %s",
                                              path);
        if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077))
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "%s must be a directory of user %u that nobody else may "
                                        "enter (mode 0700); mend it, or set EKIDEN_RUNTIME_DIR",
                                        path, (unsigned int)geteuid());
        return 0;
}

int ek_control_path(const char *directory, const char *program, pid_t pid, bool hidden,
                    char ret_path[EK_CONTROL_PATH_MAX], struct ekiden_error *error)
{
        int n = snprintf(ret_path, EK_CONTROL_PATH_MAX, "%s/%s%s.%d", directory, hidden ? "." : "",
                         program, (int)pid);

        return n < 0 || (size_t)n >= EK_CONTROL_PATH_MAX ? too_long(error) : 0;
}

bool ek_control_name_parse(const char *file_name, char ret_program[EKIDEN_NAME_MAX + 1],
                           pid_t *ret_pid)
{
        const char *dot = strrchr(file_name, '.');
        char *end;
        long pid;

        if (!dot || dot == file_name || file_name[0] == '.' || dot - file_name > EKIDEN_NAME_MAX ||
            dot[1] < '1' || dot[1] > '9')
                return false;
        errno = 0;
        pid = strtol(dot + 1, &end, 10);
        if (*end || errno != 0 || pid <= 0 || pid > (1 << 22))
                return false;
        memcpy(ret_program, file_name, (size_t)(dot - file_name));
        ret_program[dot - file_name] = '\0';
        *ret_pid = (pid_t)pid;
        return true;
}
