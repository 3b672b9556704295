/* SPDX-License-Identifier: MIT */
/* What the shelf keeps. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct book {
        uint32_t number;
        uint32_t seed; /* which the text can be told from */
        void *text;
        size_t length;
};
