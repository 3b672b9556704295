/* SPDX-License-Identifier: MIT */
/* Running protoc: it reads .proto files, and nothing here does. */
#pragma once

#include <stdbool.h>

#include "options.h"
#include "text.h"

/**
 * Has a schema read, and all that it imports. What protoc says of it goes to stderr.
 *
 * @param ret_set  an encoded FileDescriptorSet, with the schema last
 * @return         0; STATUS_FAULT where protoc refused; STATUS_SYSTEM where it could not be run
 */
int protoc_read(const struct options *options, const char *path, struct ek_text *ret_set);
