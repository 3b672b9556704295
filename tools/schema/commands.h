/* SPDX-License-Identifier: MIT */
/* What ekiden-schema can be told to do. Each returns the exit status. */
#pragma once

#include "options.h"
#include "status.h"

int command_check(const struct options *options);
int command_diff(const struct options *options);
int command_freeze(const struct options *options);
int command_verify(const struct options *options);
int command_import(const struct options *options);
