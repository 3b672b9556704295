/* SPDX-License-Identifier: MIT */
/* Where Ekiden's own files are installed: its options for schemas, its annotations for headers. */
#pragma once

#include "memory.h"

/** The directory that has ekiden/options.proto and ekiden/annotate.h, or NULL where none has. */
const char *installed_include_dir(struct ek_memory *arena);
