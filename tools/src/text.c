/* SPDX-License-Identifier: MIT */
/* See text.h. */
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_SECOND UINT64_C(1000000)
#define SECONDS_PER_MINUTE UINT64_C(60)
#define SECONDS_PER_HOUR UINT64_C(3600)
#define SECONDS_PER_DAY UINT64_C(86400)

/* How many bytes a character has by its first one; 0: none begins so. */
static size_t announced_length(unsigned char lead)
{
        if (lead < 0x80)
                return 1;
        if (lead >= 0xc2 && lead <= 0xdf)
                return 2;
        if (lead >= 0xe0 && lead <= 0xef)
                return 3;
        return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Reads one character (RFC 3629): its length in bytes, or 0 when it is malformed. */
static size_t read_character(const char *text, uint32_t *ret_character)
{
        static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        size_t length = announced_length((unsigned char)text[0]);
        uint32_t character;

        if (length <= 1) {
                *ret_character = (unsigned char)text[0];
                return length;
        }
        character = (uint32_t)((unsigned char)text[0] & (0x7f >> length));
        for (size_t i = 1; i < length; i++) {
                if (((unsigned char)text[i] & 0xc0) != 0x80)
                        return 0;
                character = character << 6 | ((unsigned char)text[i] & 0x3f);
        }
        if (character < smallest[length] || character > 0x10ffff ||
            (character >= 0xd800 && character <= 0xdfff))
                return 0;
        *ret_character = character;
        return length;
}

/* Control characters, line separators, and what changes the direction of writing. */
static bool moves_the_cursor(uint32_t character)
{
        return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
               (character >= 0x200b && character <= 0x200f) ||
               (character >= 0x2028 && character <= 0x202e) ||
               (character >= 0x2060 && character <= 0x206f) || character == 0x61c ||
               character == 0xfeff || (character >= 0xe0000 && character <= 0xe0fff);
}

static bool is_allowed(uint32_t character, enum text_allowed allowed)
{
        switch (allowed) {
        case TEXT_ANY_UTF8:
                return true;
        case TEXT_PRINTABLE:
                return !moves_the_cursor(character);
        case TEXT_ASCII:
        default:
                return character >= 0x20 && character < 0x7f;
        }
}

char *text_clean(const char *untrusted, enum text_allowed allowed, char *ret_text,
                 size_t size_bytes)
{
        size_t used = 0;

        while (*untrusted) {
                uint32_t character = 0;
                size_t length = read_character(untrusted, &character);
                bool kept = length > 0 && is_allowed(character, allowed);
                size_t room = kept ? length : 1;

                if (used + room >= size_bytes)
                        break;
                if (kept)
                        memcpy(ret_text + used, untrusted, length);
                else
                        ret_text[used] = '?';
                used += room;
                untrusted += length > 0 ? length : 1;
        }
        ret_text[used] = '\0';
        return ret_text;
}

/* One character, or one byte that begins none: its length in bytes. */
static size_t next_columns(const char *text, size_t *ret_columns)
{
        uint32_t character = 0;
        size_t length = read_character(text, &character);
        int columns = length > 0 ? wcwidth((wchar_t)character) : 1;

        *ret_columns = columns >= 0 ? (size_t)columns : 1;
        return length > 0 ? length : 1;
}

size_t text_columns(const char *text)
{
        size_t sum = 0, columns;

        while (*text) {
                text += next_columns(text, &columns);
                sum += columns;
        }
        return sum;
}

size_t text_fitting(const char *text, size_t columns)
{
        size_t used = 0, needed;

        while (text[used]) {
                size_t length = next_columns(text + used, &needed);

                if (needed > columns)
                        break;
                columns -= needed;
                used += length;
        }
        return used;
}

uint64_t text_figure(double value)
{
        if (!(value > 0))
                return 0;
        return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

const char *text_count(uint64_t count, char ret_text[TEXT_FIGURE_MAX])
{
        char digits[TEXT_FIGURE_MAX];
        size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
        size_t used = 0;

        for (size_t i = 0; i < length; i++) {
                if (i > 0 && (length - i) % 3 == 0)
                        ret_text[used++] = ',';
                ret_text[used++] = digits[i];
        }
        ret_text[used] = '\0';
        return ret_text;
}

const char *text_bytes(uint64_t bytes, char ret_text[TEXT_FIGURE_MAX])
{
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        double amount = (double)bytes;
        size_t unit = 0;

        if (bytes < 1024) {
                snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 " B", bytes);
                return ret_text;
        }
        for (amount /= 1024; amount >= 1023.95 && unit < 5; amount /= 1024)
                unit++;
        snprintf(ret_text, TEXT_FIGURE_MAX, "%.1f %s", amount, units[unit]);
        return ret_text;
}

const char *text_milliseconds(uint64_t duration_us, char ret_text[TEXT_FIGURE_MAX])
{
        char whole[TEXT_FIGURE_MAX];

        if (duration_us < US_PER_MS)
                snprintf(ret_text, TEXT_FIGURE_MAX, "%.2f ms", (double)duration_us / 1e3);
        else if (duration_us < 100 * US_PER_MS)
                snprintf(ret_text, TEXT_FIGURE_MAX, "%.1f ms", (double)duration_us / 1e3);
        else
                snprintf(ret_text, TEXT_FIGURE_MAX, "%.27s ms",
                         text_count(duration_us / US_PER_MS +
                                            (duration_us % US_PER_MS >= US_PER_MS / 2),
                                    whole));
        return ret_text;
}

const char *text_duration(uint64_t duration_us, char ret_text[TEXT_FIGURE_MAX])
{
        uint64_t seconds = duration_us / US_PER_SECOND;

        if (duration_us < US_PER_SECOND)
                return text_milliseconds(duration_us, ret_text);
        if (seconds < SECONDS_PER_MINUTE)
                snprintf(ret_text, TEXT_FIGURE_MAX, "%.1f s", (double)(duration_us / 100000) / 10);
        else if (seconds < SECONDS_PER_HOUR)
                snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 " min %" PRIu64 " s",
                         seconds / SECONDS_PER_MINUTE, seconds % SECONDS_PER_MINUTE);
        else if (seconds < SECONDS_PER_DAY)
                snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 " h %" PRIu64 " min",
                         seconds / SECONDS_PER_HOUR,
                         seconds % SECONDS_PER_HOUR / SECONDS_PER_MINUTE);
        else
                snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 " d %" PRIu64 " h",
                         seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY / SECONDS_PER_HOUR);
        return ret_text;
}

const char *text_seconds(uint64_t seconds, char ret_text[TEXT_FIGURE_MAX])
{
        if (seconds >= SECONDS_PER_MINUTE)
                return text_duration(seconds < UINT64_MAX / US_PER_SECOND ? seconds * US_PER_SECOND
                                                                          : UINT64_MAX,
                                     ret_text);
        snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu64 " s", seconds);
        return ret_text;
}

const char *text_time(int64_t seconds, char ret_text[TEXT_FIGURE_MAX])
{
        time_t then = (time_t)seconds;
        struct tm broken_down;

        if (!localtime_r(&then, &broken_down) ||
            strftime(ret_text, TEXT_FIGURE_MAX, "%Y-%m-%d %H:%M:%S", &broken_down) == 0)
                return "?";
        return ret_text;
}
