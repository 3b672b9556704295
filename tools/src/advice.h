/* SPDX-License-Identifier: MIT */
/* What to do next after an error, where nothing more than the error is known. All tools say it. */
#pragma once

#include <ekiden/error.h>

/** One sentence without a full stop. Static. */
const char *advice_for(const struct ekiden_error *error);
