/* SPDX-License-Identifier: MIT */
/*
 * What the tests of protoc-gen-ekiden share: running protoc with it, in a directory that goes away
 * again. A fault here ends the test.
 */
#pragma once

#include <stddef.h>

#define SCRATCH_SIZE 64

/** Makes an empty directory. */
void scratch_init(char ret_path[SCRATCH_SIZE]);

/** Removes it and all that is in it. */
void scratch_deinit(const char *path);

/** All of a file, with a NUL behind it; NULL if there is none. free() it. */
char *read_file(const char *directory, const char *name, size_t *ret_size);

void write_file(const char *directory, const char *name, const char *text);

/** The names in a directory that end so, sorted, and a NULL. free() each, and the list. */
char **list_files(const char *directory, const char *suffix, size_t *ret_count);
void free_files(char **files);

/**
 * Runs protoc with the plugin, in `directory`, with output to `out`.
 *
 * @param files       names in `directory`, and a NULL
 * @param ret_errors  what it wrote to stderr, without protoc's "--ekiden_out: "; free() it
 * @return its exit status
 */
int run_protoc(const char *directory, const char *out, char *const *files, char **ret_errors);

/**
 * Runs the plugin alone.
 *
 * @param input  bytes for its stdin
 * @return its exit status, or -1 if a signal ended it
 */
int run_plugin(const void *input, size_t size_bytes, char **ret_output, char **ret_errors);
