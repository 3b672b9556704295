/* SPDX-License-Identifier: MIT */
/* See origin.h. */
#include "handover/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover/held.h"

extern char **environ;

static char **copy_strings(char *const strings[], size_t count)
{
        char **copy = calloc(count + 1, sizeof(*copy));

        for (size_t i = 0; copy && i < count; i++) {
                copy[i] = strdup(strings[i]);
                if (!copy[i]) {
                        while (i-- > 0)
                                free(copy[i]);
                        free(copy);
                        return NULL;
                }
        }
        return copy;
}

static size_t count_strings(char *const strings[])
{
        size_t count = 0;

        while (strings && strings[count])
                count++;
        return count;
}

static mode_t current_umask(void)
{
        mode_t mask = umask(077);

        umask(mask);
        return mask;
}

static void save_signals(struct ek_origin *origin)
{
        sigprocmask(SIG_SETMASK, NULL, &origin->blocked);
        sigemptyset(&origin->defaults);
        for (int i = 1; i < NSIG; i++) {
                struct sigaction action;

                if (sigaction(i, NULL, &action) == 0 &&
                    (action.sa_handler == SIG_DFL || ek_is_held(i)))
                        sigaddset(&origin->defaults, i);
        }
}

char *const *ek_origin_arguments(const struct ek_origin *origin, char *const arguments[])
{
        if (arguments)
                return arguments;
        return origin->argument_count > 0 ? origin->arguments + 1 : origin->arguments;
}

/* Of a file that was replaced meanwhile the link has another name (proc(5)); where it was, there is
   its successor by now. */
static void strip_deleted(char *path)
{
        static const char mark[] = " (deleted)";
        size_t length = strlen(path), mark_length = sizeof(mark) - 1;
        struct stat status;

        if (length > mark_length && strcmp(path + length - mark_length, mark) == 0 &&
            stat(path, &status) < 0)
                path[length - mark_length] = '\0';
}

int ek_origin_save(struct ek_origin *origin, int argc, char *const argv[],
                   struct ekiden_error *error)
{
        char link[4096];
        ssize_t length;

        if (argc < 1 || !argv)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "ekiden_start() needs the argc and argv of main()");
        length = readlink("/proc/self/exe", link, sizeof(link) - 1);
        if (length < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot find this process's executable; is /proc "
                                              "mounted?");
        link[length] = '\0';
        strip_deleted(link);
        origin->directory = getcwd(NULL, 0);
        if (!origin->directory)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot find the working directory");
        origin->arguments = copy_strings(argv, (size_t)argc);
        origin->argument_count = (size_t)argc;
        origin->environment = copy_strings(environ, count_strings(environ));
        if (!origin->binary)
                origin->binary = strdup(link);
        if (!origin->arguments || !origin->environment || !origin->binary)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                origin->has_standard[fd] = fcntl(fd, F_GETFD) >= 0;
        origin->umask = current_umask();
        save_signals(origin);
        return 0;
}
