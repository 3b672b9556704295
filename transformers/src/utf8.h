/* SPDX-License-Identifier: MIT */
/* Text that crosses between processes is UTF-8 (RFC 3629), whatever a program put into it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Length in bytes of the character at the start of `data`: 1 to 4, or 0 when it is malformed. */
size_t ek_utf8_character(const uint8_t *data, size_t size_bytes);

/** Copies a string that fits; one that does not is cut between characters, and bytes that are not
    UTF-8 become '?'. `to` may be `from`. */
void ek_utf8_copy(char *to, size_t size_bytes, const char *from);

/** Whether a string has a control character, which a terminal or a log would obey. */
bool ek_utf8_has_control(const char *text);

/** Puts spaces in the place of control characters. */
void ek_utf8_blank_controls(char *text);

/** Both: what another process sent, on a line that a terminal shows as it stands. */
void ek_utf8_copy_line(char *to, size_t size_bytes, const char *from);
