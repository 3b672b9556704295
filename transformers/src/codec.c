/* SPDX-License-Identifier: MIT */
/* What generated marshallers do too rarely, or at too great a length, to have it themselves. */
#include <ekiden/codec.h>

#include "utf8.h"

bool ekiden_text_rest_is_sound(const uint8_t *data, size_t size_bytes)
{
        while (size_bytes > 0) {
                size_t length = ek_utf8_character(data, size_bytes);

                if (length == 0 || data[0] == 0)
                        return false;
                data += length;
                size_bytes -= length;
        }
        return true;
}
