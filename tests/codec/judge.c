/* SPDX-License-Identifier: MIT */
/* See judge.h. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include <ekiden/codec.h>
#include <ekiden/error.h>

#include "alike.h"
#include "record.h"
#include "scratch.h"
#include "wire/message.h"

static const char *compare_packed(const struct ekiden_message *type, const ProtobufCMessage *record,
                                  size_t size)
{
        /* one more, so that neither is of no bytes */
        uint8_t *mine = malloc(size + 1), *reference = malloc(size + 1);
        const char *wrong = NULL;

        if (!mine || !reference)
                abort();
        mine[size] = 0xa5;
        if (type->codec->pack(record, mine) != mine + size)
                wrong = "the codec wrote more or less than it had said";
        else if (protobuf_c_message_pack(record, reference) != size)
                wrong = "protobuf-c wrote more or less";
        else if (memcmp(mine, reference, size) != 0)
                wrong = "the bytes differ";
        else if (mine[size] != 0xa5)
                wrong = "the codec wrote behind the end";
        free(mine);
        free(reference);
        return wrong;
}

bool judge_packing(const struct ekiden_message *type, const ProtobufCMessage *record,
                   const char **ret_wrong)
{
        char field[EKIDEN_NAME_MAX + 1];
        size_t size = type->codec->size(record);

        *ret_wrong = NULL;
        if (size == EKIDEN_CODEC_LEFT)
                return false;
        if (record->descriptor != type->descriptor || ek_record_check(record, true, field))
                *ret_wrong = "a record has a size that the engine refuses";
        else if (protobuf_c_message_get_packed_size(record) != size)
                *ret_wrong = "the sizes differ";
        else
                *ret_wrong = compare_packed(type, record, size);
        return true;
}

static const char *compare_unpacked(const struct ekiden_message *type,
                                    const ProtobufCMessage *record, const uint8_t *data,
                                    size_t size)
{
        ProtobufCMessage *reference;
        const char *wrong = NULL;

        if (ek_message_unpack(type->descriptor, NULL, data, size, &reference) < 0)
                return "the codec took what is refused";
        if (!alike(record, reference))
                wrong = "the messages differ";
        protobuf_c_message_free_unpacked(reference, NULL);
        return wrong;
}

bool judge_unpacking(const struct ekiden_message *type, const uint8_t *data, size_t size_bytes,
                     const char **ret_wrong)
{
        struct ekiden_scratch scratch;
        uint8_t *exact = malloc(size_bytes > 0 ? size_bytes : 1);
        ProtobufCMessage *record = malloc(type->descriptor->sizeof_message);
        int r;

        if (!exact || !record)
                abort();
        if (size_bytes > 0)
                memcpy(exact, data, size_bytes);
        memset(record, 0x5a, type->descriptor->sizeof_message);
        ek_scratch_init(&scratch);
        *ret_wrong = NULL;
        r = type->codec->unpack(exact, size_bytes, record, &scratch);
        if (r < 0 || r > 1)
                *ret_wrong = "the codec answered neither yes nor no";
        if (r == 1)
                *ret_wrong = compare_unpacked(type, record, exact, size_bytes);
        if (r == 1 && !*ret_wrong && !judge_packing(type, record, ret_wrong))
                *ret_wrong = "what was unpacked has no size";
        ek_scratch_deinit(&scratch);
        free(record);
        free(exact);
        return r == 1;
}
