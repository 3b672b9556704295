/* SPDX-License-Identifier: MIT */
/* See protoc.h. */
#include "protoc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "installed.h"
#include "output.h"
#include "read.h"
#include "status.h"

#define RESULT_FD 3 /* in protoc: a file in memory, so that nothing is left behind */

static const char *directory_of(struct ek_memory *arena, const char *path)
{
        const char *slash = strrchr(path, '/');

        if (slash == NULL)
                return ".";
        return slash == path ? "/" : ek_memory_printf(arena, "%.*s", (int)(slash - path), path);
}

/* protoc compares paths as texts, so that it gets all of them from the root: but for those with a
 * ':', which it takes for two. */
static const char *absolute(struct ek_memory *arena, const char *directory)
{
        char *real = realpath(directory, NULL);
        const char *copy = real != NULL && strchr(real, ':') == NULL ? ek_memory_strdup(arena, real)
                                                                     : directory;

        free(real);
        return copy;
}

/* A name that is neither an option to protoc nor, by "@", a file with arguments. */
static const char *absolute_file(struct ek_memory *arena, const char *path)
{
        const char *slash = strrchr(path, '/');
        const char *directory = absolute(arena, directory_of(arena, path));

        return ek_memory_printf(arena, "%s/%s", strcmp(directory, "/") != 0 ? directory : "",
                                slash != NULL ? slash + 1 : path);
}

static char *path_argument(struct ek_memory *arena, const char *directory)
{
        return ek_memory_printf(arena, "--proto_path=%s", absolute(arena, directory));
}

/* Where imports are looked for: where the user says, else here; beside the schema; and where our
 * own are installed. protoc grumbles at a directory that is not there. */
static char **make_arguments(const struct options *options, const char *path)
{
        struct ek_memory *arena = options->arena;
        const size_t dir_count = options->include_dirs.count;
        const char *installed = installed_include_dir(arena);
        char **arguments = ek_memory_alloc(arena, dir_count + 10, sizeof(*arguments));
        size_t count = 0;

        arguments[count++] = ek_memory_strdup(arena, "protoc");
        arguments[count++] = ek_memory_printf(arena, "--descriptor_set_out=/dev/fd/%d", RESULT_FD);
        arguments[count++] = ek_memory_strdup(arena, "--include_imports");
        arguments[count++] = ek_memory_strdup(arena, "--include_source_info");
        for (size_t i = 0; i < dir_count; i++)
                arguments[count++] = path_argument(arena, options->include_dirs.list[i]);
        if (dir_count == 0)
                arguments[count++] = path_argument(arena, ".");
        arguments[count++] = path_argument(arena, directory_of(arena, path));
        if (installed != NULL)
                arguments[count++] = path_argument(arena, installed);
        arguments[count++] = ek_memory_strdup(arena, absolute_file(arena, path));
        return arguments;
}

static int start(char **arguments, int result, pid_t *ret_pid)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t defaults;
        int error;

        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, result, RESULT_FD);
        error = posix_spawnp(ret_pid, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return error;
}

static int run(const struct options *options, const char *path, int result)
{
        char **arguments = make_arguments(options, path);
        int status = 0, error;
        pid_t pid;

        error = start(arguments, result, &pid);
        if (error != 0) {
                output_error(options->arena, "protoc could not be run: %s%s", strerror(error),
                             error == ENOENT ? "; install protobuf-compiler" : "");
                return STATUS_SYSTEM;
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        ek_die("protoc could not be waited for: %s", strerror(errno));
        if (WIFSIGNALED(status)) {
                output_error(options->arena, "protoc was ended by a signal: %s",
                             strsignal(WTERMSIG(status)));
                return STATUS_SYSTEM;
        }
        return WEXITSTATUS(status) == 0 ? 0 : STATUS_FAULT;
}

int protoc_read(const struct options *options, const char *path, struct ek_text *ret_set)
{
        int memory, result, status;

        if (access(path, R_OK) < 0) {
                output_error(options->arena, "%s cannot be read: %s", path, strerror(errno));
                return STATUS_FAULT;
        }
        memory = memfd_create("descriptors", MFD_CLOEXEC);
        /* Another number than the one that it has in protoc: else it would be closed there. */
        result = memory < 0 ? -1 : fcntl(memory, F_DUPFD_CLOEXEC, RESULT_FD + 1);
        if (result < 0)
                ek_die("a file in memory could not be made: %s", strerror(errno));
        close(memory);
        status = run(options, path, result);
        if (status == 0) {
                lseek(result, 0, SEEK_SET);
                ek_read_all(result, ret_set);
        }
        close(result);
        return status;
}
