/* SPDX-License-Identifier: MIT */
/*
 * Whole files: read at once, and written so that nobody ever sees a half of one.
 */
#pragma once

#include <stdbool.h>

#include "text.h"

/**
 * Reads a file of at most 16 MiB.
 *
 * @return 0 or -errno: EFBIG where it is larger
 */
int file_read(const char *path, struct ek_text *text);

/**
 * Writes a file under another name, and gives it its own only when all of it is on the disk.
 *
 * @param replaces  true: a file that is there is replaced, and its permissions kept; false: -EEXIST
 * @return          0 or -errno: then what was there is as it was
 */
int file_write(struct ek_memory *arena, const char *path, const struct ek_text *text,
               bool replaces);
