/* SPDX-License-Identifier: MIT */
/* See directories.h. */
#include "directories.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int add(struct directories *directories, const char *path)
{
        char(*grown)[EK_CONTROL_PATH_MAX];

        if (strlen(path) >= EK_CONTROL_PATH_MAX)
                return 0; /* no socket can be bound in it */
        grown = reallocarray(directories->paths, directories->count + 1, sizeof(*grown));
        if (!grown)
                return EKIDEN_ENOMEM;
        directories->paths = grown;
        strcpy(grown[directories->count++], path);
        return 0;
}

/* What root sees beside its own: the rules of control_path.h, for every user at once. */
static int add_all_users(struct directories *directories)
{
        static const char *const patterns[] = {
                "/run/ekiden/*",
                "/run/user/*/ekiden",
                "/tmp/ekiden-[0-9]*",
        };
        int r = 0;

        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && r == 0; i++) {
                glob_t found;

                if (glob(patterns[i], GLOB_ERR, NULL, &found) != 0)
                        continue;
                for (size_t j = 0; j < found.gl_pathc && r == 0; j++)
                        r = add(directories, found.gl_pathv[j]);
                globfree(&found);
        }
        return r;
}

/* However they are written. */
static bool is_same(const char *path, const char *other)
{
        struct stat first, second;

        return lstat(path, &first) == 0 && lstat(other, &second) == 0 &&
               first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* A process that was started without a session, by cron(8), say, has another than this shell. */
static int add_own(struct directories *directories, struct ekiden_error *error)
{
        static const struct {
                const char *before, *after;
        } places[] = {{"/run/ekiden/", ""}, {"/run/user/", "/ekiden"}, {"/tmp/ekiden-", ""}};
        char own[EK_CONTROL_PATH_MAX], path[64];
        int r = ek_control_directory(own, error);

        if (r == 0)
                r = add(directories, own);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == 0; i++) {
                snprintf(path, sizeof(path), "%s%u%s", places[i].before, (unsigned int)geteuid(),
                         places[i].after);
                if (strcmp(path, own) != 0 && !is_same(path, own))
                        r = add(directories, path);
        }
        return r;
}

int directories_find(struct directories *ret_directories, struct ekiden_error *error)
{
        const char *chosen = secure_getenv("EKIDEN_RUNTIME_DIR");
        struct directories directories = {0};
        char own[EK_CONTROL_PATH_MAX];
        int r;

        if (chosen && chosen[0]) {
                r = ek_control_directory(own, error);
                if (r == 0)
                        r = add(&directories, own);
        } else {
                r = geteuid() == 0 ? add_all_users(&directories) : add_own(&directories, error);
        }
        if (r < 0) {
                directories_deinit(&directories);
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        }
        *ret_directories = directories;
        return 0;
}

void directories_deinit(struct directories *directories)
{
        free(directories->paths);
        *directories = (struct directories){0};
}
