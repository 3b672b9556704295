/* SPDX-License-Identifier: MIT */
/* The program's own structs that hidden_v1.proto is bound to. */
#pragma once

#include <stdint.h>

enum token_kind { size, end };

struct token {
        int64_t kind;
        union {
                int64_t number;
                double real;
        } u;
};
