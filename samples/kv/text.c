/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

static uint8_t small(uint8_t letter)
{
        return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter | 0x20) : letter;
}

struct text text_of(const char *characters)
{
        return (struct text){(const uint8_t *)characters, strlen(characters)};
}

bool text_is(struct text text, const char *word)
{
        for (size_t i = 0; i < text.size; i++)
                if (word[i] == '\0' || small(text.bytes[i]) != small((uint8_t)word[i]))
                        return false;
        return word[text.size] == '\0';
}

bool text_equals(struct text one, struct text other)
{
        return one.size == other.size &&
               (one.size == 0 || memcmp(one.bytes, other.bytes, one.size) == 0);
}

bool text_to_integer(struct text text, int64_t *ret_number)
{
        bool is_negative = text.size > 0 && text.bytes[0] == '-';
        size_t at = is_negative ? 1 : 0;
        uint64_t number = 0, limit = (uint64_t)INT64_MAX + is_negative;

        if (at == text.size || text.size > 20)
                return false;
        if (text.bytes[at] == '0' && text.size > 1)
                return false;
        for (; at < text.size; at++) {
                uint64_t digit = (uint64_t)text.bytes[at] - '0';

                if (digit > 9 || number > (limit - digit) / 10)
                        return false;
                number = number * 10 + digit;
        }
        *ret_number = is_negative ? (int64_t)(0 - number) : (int64_t)number;
        return true;
}

struct text text_from_integer(int64_t number, char room[NUMBER_SIZE])
{
        uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        char *first = room + NUMBER_SIZE;

        do
                *--first = (char)('0' + rest % 10);
        while ((rest /= 10) > 0);
        if (number < 0)
                *--first = '-';
        return (struct text){(const uint8_t *)first, (size_t)(room + NUMBER_SIZE - first)};
}

/* Matches one byte with the class at `*at`, which is left behind its bracket. */
static bool class_has(struct text pattern, size_t *at, uint8_t byte)
{
        size_t i = *at + 1;
        bool excludes = i < pattern.size && pattern.bytes[i] == '^', has = false;

        i += excludes;
        for (; i < pattern.size && pattern.bytes[i] != ']'; i++) {
                uint8_t low, high;

                if (pattern.bytes[i] == '\\' && i + 1 < pattern.size)
                        i++;
                low = high = pattern.bytes[i];
                if (i + 2 < pattern.size && pattern.bytes[i + 1] == '-') {
                        high = pattern.bytes[i + 2];
                        i += 2;
                }
                has = has ||
                      (low <= high ? low <= byte && byte <= high : high <= byte && byte <= low);
        }
        *at = i < pattern.size ? i + 1 : i;
        return has != excludes;
}

/* Matches one byte with what stands at `*at` of the pattern and is no star. */
static bool byte_matches(struct text pattern, size_t *at, uint8_t byte)
{
        switch (pattern.bytes[*at]) {
        case '?':
                ++*at;
                return true;
        case '[':
                return class_has(pattern, at, byte);
        case '\\':
                if (*at + 1 < pattern.size)
                        ++*at;
        }
        return pattern.bytes[(*at)++] == byte;
}

/* When something fails behind a star, the last star takes one byte more: to go back to an earlier
 * one would change nothing. */
bool text_matches(struct text text, struct text pattern)
{
        size_t at = 0, next = 0, star = SIZE_MAX, star_at = 0;

        while (at < text.size) {
                if (next < pattern.size && pattern.bytes[next] == '*') {
                        star = next++;
                        star_at = at;
                } else if (next < pattern.size && byte_matches(pattern, &next, text.bytes[at])) {
                        at++;
                } else if (star != SIZE_MAX) {
                        next = star + 1;
                        at = ++star_at;
                } else {
                        return false;
                }
        }
        while (next < pattern.size && pattern.bytes[next] == '*')
                next++;
        return next == pattern.size;
}
