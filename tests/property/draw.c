/* SPDX-License-Identifier: MIT */
/* See draw.h. */
#include "draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

/* xorshift64* */
static uint64_t next(void)
{
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * UINT64_C(2685821657736338717);
}

void draw_seed(uint64_t seed)
{
        state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
        for (int i = 0; i < 20; i++)
                next();
}

size_t draw(size_t end)
{
        return (size_t)((next() >> 11) % end);
}

bool draw_one_in(size_t times)
{
        return draw(times) == 0;
}

uint64_t draw_bits(void)
{
        static const unsigned int widths[] = {7, 8, 15, 16, 31, 32, 63};

        switch (draw(4)) {
        case 0:
                return next() % 3;
        case 1:
                return UINT64_MAX - next() % 3;
        case 2:
                return (UINT64_C(1) << widths[draw(7)]) + next() % 3 - 1;
        default:
                return next();
        }
}

double draw_double(void)
{
        static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 5e-324, 1.0 / 3};
        uint64_t bits = draw_bits();
        double number;

        if (draw_one_in(4))
                return special[draw(6)];
        memcpy(&number, &bits, sizeof(number));
        return isnan(number) ? (double)NAN : number;
}

float draw_float(void)
{
        uint32_t bits = (uint32_t)draw_bits();
        float number;

        memcpy(&number, &bits, sizeof(number));
        return isnan(number) ? NAN : number;
}

void draw_text(char *ret_text, size_t size_max)
{
        static const char *const letters[] = {"a",
                                              "Z",
                                              " ",
                                              "\"",
                                              "\\",
                                              "\n",
                                              "\x01",
                                              "\x7f",
                                              "\xc2\x80",
                                              "\xc3\xa9",
                                              "\xe2\x82\xac",
                                              "\xef\xbf\xbf",
                                              "\xf0\x90\x80\x80",
                                              "\xf4\x8f\xbf\xbf"};
        size_t wanted = draw_one_in(4) ? size_max : draw(size_max + 1), size = 0;

        while (size < wanted) {
                const char *letter = letters[draw(sizeof(letters) / sizeof(letters[0]))];

                if (size + strlen(letter) > wanted)
                        letter = "x";
                memcpy(ret_text + size, letter, strlen(letter));
                size += strlen(letter);
        }
        ret_text[size] = '\0';
}

void draw_bytes(void *ret_bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                ((uint8_t *)ret_bytes)[i] = (uint8_t)next();
}

uint64_t draw_setting(const char *variable, uint64_t usual)
{
        const char *text = getenv(variable);

        return text ? strtoull(text, NULL, 10) : usual;
}
