/* SPDX-License-Identifier: MIT */
/*
 * Target "codec": an encoding of a message with fields of every kind, for a codec and for
 * protobuf-c. What the codec takes, protobuf-c makes the same of; what protobuf-c makes of anything
 * is packed alike by both, where the codec packs it.
 */
#include <protobuf-c/protobuf-c.h>

#include "judge.h"
#include "kinds_v1.ekiden.h"
#include "target.h"
#include "wire/message.h"

static void pack_again(const struct ekiden_message *type, const uint8_t *data, size_t size)
{
        ProtobufCMessage *message;
        const char *wrong;

        if (ek_message_unpack(type->descriptor, NULL, data, size, &message) < 0)
                return;
        judge_packing(type, message, &wrong);
        expect(!wrong);
        protobuf_c_message_free_unpacked(message, NULL);
}

/* The first byte says of which item the record is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct ekiden_message *type;
        const char *wrong;

        if (size == 0)
                return 0;
        type = kinds_v1.items[data[0] % kinds_v1.item_count].message;
        if (judge_unpacking(type, data + 1, size - 1, &wrong))
                target_succeeded();
        expect(!wrong);
        pack_again(type, data + 1, size - 1);
        return 0;
}
