/* SPDX-License-Identifier: MIT */
/* What the vault keeps. */
#pragma once

#include <stdint.h>

struct book {
        uint32_t number;
        char *title;
        struct book *sequel;
};
