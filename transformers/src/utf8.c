/* SPDX-License-Identifier: MIT */
/* See utf8.h. Shortest forms only, no surrogates, nothing above U+10FFFF. */
#include "utf8.h"

#include <string.h>

/* How many bytes follow a lead byte, and what the first of them may be; 0 for a lead that is none.
 */
static size_t continuation(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
        *ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        *ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (lead < 0xc2 || lead > 0xf4)
                return 0;
        return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

size_t ek_utf8_character(const uint8_t *data, size_t size_bytes)
{
        uint8_t low, high;
        size_t more;

        if (size_bytes == 0)
                return 0;
        if (data[0] < 0x80)
                return 1;
        more = continuation(data[0], &low, &high);
        if (more == 0 || more >= size_bytes)
                return 0;
        for (size_t i = 1; i <= more; i++, low = 0x80, high = 0xbf)
                if (data[i] < low || data[i] > high)
                        return 0;
        return more + 1;
}

void ek_utf8_copy(char *to, size_t size_bytes, const char *from)
{
        size_t left = strlen(from);
        size_t used = 0;

        while (left > 0) {
                size_t length = ek_utf8_character((const uint8_t *)from, left);
                size_t step = length > 0 ? length : 1;

                if (used + step >= size_bytes)
                        break;
                if (length > 0)
                        memmove(to + used, from, length);
                else
                        to[used] = '?';
                used += step;
                from += step;
                left -= step;
        }
        to[used] = '\0';
}

/* Bytes of a control character at the beginning of a string, or 0: U+0000 … U+001F, and U+007F …
   U+009F, of which terminals take U+009B for ESC [. */
static size_t control_length(const char *text)
{
        const unsigned char *bytes = (const unsigned char *)text;

        if (bytes[0] < ' ' || bytes[0] == 0x7f)
                return 1;
        return bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] <= 0x9f ? 2 : 0;
}

bool ek_utf8_has_control(const char *text)
{
        for (; *text; text++)
                if (control_length(text) > 0)
                        return true;
        return false;
}

void ek_utf8_blank_controls(char *text)
{
        for (; *text; text++)
                memset(text, ' ', control_length(text));
}

void ek_utf8_copy_line(char *to, size_t size_bytes, const char *from)
{
        ek_utf8_copy(to, size_bytes, from);
        ek_utf8_blank_controls(to);
}
