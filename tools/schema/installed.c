/* SPDX-License-Identifier: MIT */
/*
 * An installation may have been moved, or be a package that is not yet where it will be: so it is
 * looked for from this program's own place first.
 */
#include "installed.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool has_options(struct ek_memory *arena, const char *directory)
{
        return access(ek_memory_printf(arena, "%s/ekiden/options.proto", directory), R_OK) == 0;
}

const char *installed_include_dir(struct ek_memory *arena)
{
        char self[PATH_MAX];
        ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
        const char *beside;
        char *slash;

        if (length > 0 && EKIDEN_INCLUDE_NAME[0] != '/') {
                self[length] = '\0';
                slash = strrchr(self, '/');
                beside = ek_memory_printf(arena, "%.*s/../" EKIDEN_INCLUDE_NAME,
                                          slash != NULL ? (int)(slash - self) : 0, self);
                if (has_options(arena, beside))
                        return beside;
        }
        return has_options(arena, EKIDEN_INCLUDE_DIR) ? EKIDEN_INCLUDE_DIR : NULL;
}
