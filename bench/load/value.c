/* SPDX-License-Identifier: MIT */
/*
 * See value.h. A value is the number of its key and its version in hexadecimal, then bytes of one
 * block of noise, from a place that depends on both: made and compared at the speed of memory.
 */
#include "value.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define PLACES (1 << 16)
#define VERSION_SIZE (VALUE_LEAST - KEY_SIZE)

static char *noise;

void value_begin(void)
{
        size_t words = (PLACES + VALUE_MOST) / sizeof(uint64_t);
        uint64_t *made = malloc(words * sizeof(*made));

        if (!made)
                fail("memory ran out");
        for (size_t i = 0; i < words; i++)
                made[i] = value_mix(i);
        noise = (char *)made;
}

static void write_hex(uint64_t number, int digits, char *out)
{
        while (digits-- > 0) {
                out[digits] = "0123456789abcdef"[number & 15];
                number >>= 4;
        }
}

static bool read_hex(const char *text, int digits, uint32_t *ret_number)
{
        uint32_t number = 0;

        for (int i = 0; i < digits; i++) {
                char digit = text[i];

                if (digit >= '0' && digit <= '9')
                        number = number << 4 | (uint32_t)(digit - '0');
                else if (digit >= 'a' && digit <= 'f')
                        number = number << 4 | (uint32_t)(digit - 'a' + 10);
                else
                        return false;
        }
        *ret_number = number;
        return true;
}

static const char *noise_of(uint32_t key, uint32_t version)
{
        return noise + (value_mix((uint64_t)key << 32 | version) & (PLACES - 1));
}

/* The mixing loses nothing, so two keys differ. */
void key_write(uint32_t key, char *out)
{
        write_hex(value_mix(key), KEY_SIZE, out);
}

size_t value_size(uint32_t key, uint32_t version, uint32_t least, uint32_t most)
{
        return least + value_mix(((uint64_t)key << 32 | version) ^ 1) % (most - least + 1);
}

void value_write(uint32_t key, uint32_t version, size_t size, char *out)
{
        key_write(key, out);
        write_hex(version, VERSION_SIZE, out + KEY_SIZE);
        memcpy(out + VALUE_LEAST, noise_of(key, version), size - VALUE_LEAST);
}

bool value_read(uint32_t key, uint32_t least, uint32_t most, const char *data, size_t size,
                uint32_t *ret_version)
{
        char wanted[KEY_SIZE];
        uint32_t version;

        if (size < VALUE_LEAST || !read_hex(data + KEY_SIZE, VERSION_SIZE, &version))
                return false;
        key_write(key, wanted);
        if (memcmp(data, wanted, KEY_SIZE) != 0 || version == 0 ||
            size != value_size(key, version, least, most) ||
            memcmp(data + VALUE_LEAST, noise_of(key, version), size - VALUE_LEAST) != 0)
                return false;
        *ret_version = version;
        return true;
}
