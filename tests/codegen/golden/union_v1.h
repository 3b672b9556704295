/* SPDX-License-Identifier: MIT */
/* The program's own structs that union_v1.proto is bound to. */
#pragma once

#include <stdint.h>

enum letter_kind { LETTER_EMPTY = -1, LETTER_TEXT, LETTER_NUMBER, LETTER_STAMP, LETTER_PAIR };

typedef struct letter_stamp {
        long when;
} letter_stamp_t;

struct letter {
        enum letter_kind kind;
        uint16_t encoding;
        union {
                char text[24];
                int64_t number;
                letter_stamp_t stamp;
                struct {
                        int left, right;
                } pair;
        } u;
        union {
                float ratio;
                unsigned int count;
        };
};
