/* SPDX-License-Identifier: MIT */
#include "protoc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

void scratch_init(char ret_path[SCRATCH_SIZE])
{
        const char *directory = getenv("TMPDIR");

        if (directory == NULL || strlen(directory) > SCRATCH_SIZE / 2)
                directory = "/tmp";
        snprintf(ret_path, SCRATCH_SIZE, "%s/ekiden-codegen-XXXXXX", directory);
        cr_assert_not_null(mkdtemp(ret_path));
}

static char *path_of(const char *directory, const char *name)
{
        char *path = NULL;

        cr_assert_geq(asprintf(&path, "%s/%s", directory, name), 0);
        return path;
}

void scratch_deinit(const char *path)
{
        size_t count;
        char **files = list_files(path, "", &count);

        for (size_t i = 0; i < count; i++) {
                char *file = path_of(path, files[i]);

                cr_assert_eq(unlink(file), 0, "%s", file);
                free(file);
        }
        free_files(files);
        cr_assert_eq(rmdir(path), 0, "%s", path);
}

char *read_file(const char *directory, const char *name, size_t *ret_size)
{
        char *path = path_of(directory, name), *text;
        FILE *file = fopen(path, "rb");
        size_t size = 0, limit = (size_t)1 << 22;

        free(path);
        if (file == NULL)
                return NULL;
        text = malloc(limit);
        cr_assert_not_null(text);
        size = fread(text, 1, limit - 1, file);
        cr_assert_neq(feof(file), 0);
        fclose(file);
        text[size] = '\0';
        if (ret_size != NULL)
                *ret_size = size;
        return text;
}

void write_file(const char *directory, const char *name, const char *text)
{
        char *path = path_of(directory, name);
        FILE *file = fopen(path, "wb");

        free(path);
        cr_assert_not_null(file);
        cr_assert_geq(fputs(text, file), 0);
        cr_assert_eq(fclose(file), 0);
}

static int compare_strings(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

char **list_files(const char *directory, const char *suffix, size_t *ret_count)
{
        DIR *stream = opendir(directory);
        struct dirent *entry;
        char **files = calloc(256, sizeof(*files));
        size_t count = 0;

        cr_assert_not_null(stream);
        cr_assert_not_null(files);
        while ((entry = readdir(stream)) != NULL) {
                size_t length = strlen(entry->d_name), suffix_length = strlen(suffix);

                if (entry->d_name[0] == '.' || length < suffix_length ||
                    strcmp(entry->d_name + length - suffix_length, suffix) != 0)
                        continue;
                cr_assert_lt(count, 255);
                files[count] = strdup(entry->d_name);
                cr_assert_not_null(files[count++]);
        }
        closedir(stream);
        qsort(files, count, sizeof(*files), compare_strings);
        *ret_count = count;
        return files;
}

void free_files(char **files)
{
        for (size_t i = 0; files[i] != NULL; i++)
                free(files[i]);
        free(files);
}

/* Where a child's input, output or errors are kept. */
static int open_unnamed(void)
{
        char path[SCRATCH_SIZE];
        int descriptor;

        strcpy(path, "/tmp/ekiden-codegen-XXXXXX");
        descriptor = mkostemp(path, O_CLOEXEC);
        cr_assert_geq(descriptor, 0);
        unlink(path);
        return descriptor;
}

static char *read_unnamed(int descriptor)
{
        off_t size = lseek(descriptor, 0, SEEK_END);
        char *text;

        cr_assert_geq(size, 0);
        text = calloc(1, (size_t)size + 1);
        cr_assert_not_null(text);
        cr_assert_eq(pread(descriptor, text, (size_t)size, 0), size);
        close(descriptor);
        return text;
}

/* Consumes the descriptors. */
static int run(const char *directory, char *const *arguments, int input, int output, int errors)
{
        pid_t child = fork();
        int status;

        cr_assert_geq(child, 0);
        if (child == 0) {
                alarm(60);
                if ((directory != NULL && chdir(directory) < 0) || dup2(input, 0) < 0 ||
                    dup2(output, 1) < 0 || dup2(errors, 2) < 0)
                        _exit(126);
                execvp(arguments[0], arguments);
                _exit(127);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_protoc(const char *directory, const char *out, char *const *files, char **ret_errors)
{
        static const char prefix[] = "--ekiden_out: ";
        char *arguments[256] = {(char *)TEST_PROTOC,
                                (char *)"--plugin=protoc-gen-ekiden=" TEST_PLUGIN, (char *)"-I.",
                                (char *)"-I" TEST_IDL_DIR, (char *)"-I" TEST_PROTOBUF_DIR};
        char *out_argument = NULL, *errors;
        size_t count = 5;
        int input, output, status, errors_descriptor;

        cr_assert_geq(asprintf(&out_argument, "--ekiden_out=%s", out), 0);
        arguments[count++] = out_argument;
        for (size_t i = 0; files[i] != NULL && count < 255; i++)
                arguments[count++] = files[i];
        input = open_unnamed();
        output = open_unnamed();
        errors_descriptor = open_unnamed();
        status = run(directory, arguments, input, output, errors_descriptor);
        close(input);
        close(output);
        free(out_argument);
        errors = read_unnamed(errors_descriptor);
        if (strncmp(errors, prefix, sizeof(prefix) - 1) == 0) {
                char *rest = strdup(errors + sizeof(prefix) - 1);

                cr_assert_not_null(rest);
                free(errors);
                errors = rest;
        }
        if (ret_errors != NULL)
                *ret_errors = errors;
        else
                free(errors);
        return status;
}

int run_plugin(const void *input, size_t size_bytes, char **ret_output, char **ret_errors)
{
        char *arguments[] = {(char *)TEST_PLUGIN, NULL};
        int input_descriptor = open_unnamed(), output = open_unnamed(), errors = open_unnamed();
        int status;

        cr_assert_eq(write(input_descriptor, input, size_bytes), (ssize_t)size_bytes);
        cr_assert_eq(lseek(input_descriptor, 0, SEEK_SET), 0);
        status = run(NULL, arguments, input_descriptor, output, errors);
        close(input_descriptor);
        *ret_output = read_unnamed(output);
        *ret_errors = read_unnamed(errors);
        return status;
}
