/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over files and folders of inputs, with any compiler: in the ordinary tests,
 * and to look at what a fuzzer has found.
 *
 *     replay-TARGET FILE|FOLDER…
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "target.h"

static size_t inputs;

/* Into memory of exactly its size, so that a sanitizer sees a read behind it. */
static int run_file(const char *path, size_t size)
{
        FILE *file = fopen(path, "rbe");
        uint8_t *data = malloc(size > 0 ? size : 1);
        int r = -1;

        if (file && data && fread(data, 1, size, file) == size) {
                LLVMFuzzerTestOneInput(data, size);
                inputs++;
                r = 0;
        } else {
                fprintf(stderr, "%s cannot be read: %s\n", path, strerror(errno));
        }
        if (file)
                fclose(file);
        free(data);
        return r;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
        struct dirent **entries;
        int count = scandir(path, &entries, NULL, alphasort);
        int r = count < 0 ? -1 : 0;

        for (int i = 0; i < count; i++) {
                char *name;

                if (entries[i]->d_name[0] != '.') {
                        if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
                                abort();
                        r |= run_path(name);
                        free(name);
                }
                free(entries[i]);
        }
        if (count >= 0)
                free(entries);
        return r;
}

static int run_path(const char *path)
{
        struct stat status;

        if (stat(path, &status) < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                return -1;
        }
        return S_ISDIR(status.st_mode) ? run_folder(path) : run_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
        int r = 0;

        for (int i = 1; i < argc; i++)
                r |= run_path(argv[i]);
        printf("%zu inputs, %zu go all the way\n", inputs, target_successes());
        if (target_successes() == 0)
                fputs("none of these inputs is what a sound peer says: make them anew with "
                      "seeds.py, "
                      "see README.md\n",
                      stderr);
        return r == 0 && target_successes() > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
