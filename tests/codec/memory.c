/* SPDX-License-Identifier: MIT */
/* Memory that runs out while a record is unpacked: at each allocation, told as what it is. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include <ekiden/codec.h>
#include <ekiden/error.h>

#include "draw.h"
#include "kinds_v1.ekiden.h"
#include "records.h"
#include "scratch.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static size_t left = SIZE_MAX; /* allocations that go well */

void *__wrap_malloc(size_t size)
{
        if (left == 0)
                return NULL;
        if (left != SIZE_MAX)
                left--;
        return __real_malloc(size);
}

/* One whose texts alone take several chunks of the scratch. */
static size_t encode(uint8_t **ret_bytes)
{
        Kinds__V1__Repeated record = KINDS__V1__REPEATED__INIT;
        char text[400] = {0};
        char *texts[1000];
        size_t size;

        for (size_t i = 0; i < sizeof(text) - 1; i++)
                text[i] = 'a';
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                texts[i] = text;
        record.n_string = sizeof(texts) / sizeof(texts[0]);
        record.string = texts;
        size = kinds__v1__repeated__get_packed_size(&record);
        *ret_bytes = malloc(size);
        cr_assert_not_null(*ret_bytes);
        return kinds__v1__repeated__pack(&record, *ret_bytes);
}

Test(memory, that_runs_out_anywhere_is_no_damage_of_the_record)
{
        const struct ekiden_codec *codec =
                ekiden_schema_item(&kinds_v1, "repeated")->message->codec;
        Kinds__V1__Repeated message;
        struct ekiden_scratch scratch;
        uint8_t *bytes;
        size_t size = encode(&bytes), count = 0;
        int r;

        do {
                ek_scratch_init(&scratch);
                left = count++;
                r = codec->unpack(bytes, size, &message.base, &scratch);
                left = SIZE_MAX;
                cr_assert(r == EKIDEN_ENOMEM || r == 1);
                ek_scratch_deinit(&scratch);
        } while (r != 1);
        cr_expect_gt(count, 4);
        free(bytes);
}
