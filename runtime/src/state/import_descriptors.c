/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that arrive. Each belongs to the library until a record that names it was taken by
 * the program; what nobody claims is closed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "state/import_private.h"
#include "wire/cleanup.h"

static int out_of_memory(struct ek_import *import)
{
        return ekiden_error_set(import->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

/* What nobody claimed is closed. */
void ek_import_drop_descriptors(struct ek_import *import)
{
        for (size_t i = 0; i < import->descriptor_count; i++)
                if (import->claims[i] != EK_CLAIM_GONE)
                        ek_close(&import->descriptors[i]);
        free(import->descriptors);
        free(import->claims);
        free(import->mine);
        import->descriptors = NULL;
        import->claims = NULL;
        import->mine = NULL;
        import->descriptor_count = 0;
        import->mine_count = 0;
}

static int make_room(struct ek_import *import, size_t count)
{
        void *grown;

        if (import->descriptor_count >= EK_BATCH_DESCRIPTORS_MAX)
                return ekiden_error_set(import->error, EKIDEN_ELIMIT,
                                        "more than %d descriptors came for one batch",
                                        EK_BATCH_DESCRIPTORS_MAX);
        grown = realloc(import->descriptors, count * sizeof(*import->descriptors));
        if (!grown)
                return out_of_memory(import);
        import->descriptors = grown;
        grown = realloc(import->claims, count * sizeof(*import->claims));
        if (!grown)
                return out_of_memory(import);
        import->claims = grown;
        grown = realloc(import->mine, count * sizeof(*import->mine));
        if (!grown)
                return out_of_memory(import);
        import->mine = grown;
        return 0;
}

/* In a snapshot none comes: each is what was kept beside it, or -1, which nobody needs to claim or
   to close. */
static int take_beside(struct ek_import *import, const struct ek_frame *frame, int *ret_descriptors)
{
        const Ekiden__Descriptors *message;
        ProtobufCMessage *unpacked;
        int count = 0;
        int r = ek_frame_message(frame, &ekiden__descriptors__descriptor, &unpacked);

        if (r < 0)
                return r;
        message = (const Ekiden__Descriptors *)unpacked;
        if (message->close_on_exec.len == 0 || message->close_on_exec.len > EK_DESCRIPTORS_MAX)
                r = EKIDEN_EPROTOCOL;
        while (r == 0 && (size_t)count < message->close_on_exec.len) {
                bool close_on_exec = message->close_on_exec.data[count] != 0;

                r = ek_link_next_beside(import->link, close_on_exec, &ret_descriptors[count]);
                count += r == 0;
        }
        while (r < 0 && count > 0)
                ek_close(&ret_descriptors[--count]);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r < 0 ? r : count;
}

int ek_import_descriptors(struct ek_import *import, const struct ek_frame *frame)
{
        int received[EK_DESCRIPTORS_MAX];
        int count, r;

        r = make_room(import, import->descriptor_count + EK_DESCRIPTORS_MAX);
        if (r < 0)
                return r;
        count = import->is_snapshot ? take_beside(import, frame, received)
                                    : ek_link_take_descriptors(import->link, frame, received);
        if (count < 0 && import->is_snapshot)
                return ek_link_failed(count, import->error);
        if (count < 0)
                return ekiden_error_set(import->error, count,
                                        "the number of descriptors that arrived is not the number "
                                        "that was announced; is the limit on open files "
                                        "(RLIMIT_NOFILE) high enough?");
        for (int i = 0; i < count; i++) {
                import->descriptors[import->descriptor_count] = received[i];
                import->claims[import->descriptor_count] = EK_CLAIM_UNNAMED;
                import->descriptor_count++;
        }
        import->count.descriptors += (uint64_t)count;
        if (import->is_snapshot)
                return 0;
        r = ek_link_queue(import->link, EKIDEN__FRAME_KIND__RECEIVED, NULL, 0, import->wait);
        return r < 0 ? ek_link_failed(r, import->error) : 0;
}

/* A number on the wire becomes the descriptor; each may be named once. */
int ek_import_resolve(void *data, int32_t *value)
{
        struct ek_import *import = data;
        size_t number = (size_t)(uint32_t)*value;

        if (*value == 0) {
                *value = -1;
                return 0;
        }
        if (*value < 0 || number > import->descriptor_count ||
            import->claims[number - 1] != EK_CLAIM_UNNAMED)
                return ek_import_malformed(import,
                                           "it names a descriptor that did not come with it");
        import->claims[number - 1] = EK_CLAIM_NAMED;
        import->mine[import->mine_count++] = number - 1;
        *value = import->descriptors[number - 1];
        return 0;
}

int ek_import_claim(void *data, int32_t *value)
{
        struct ek_import *import = data;

        if (*value < 0)
                return 0;
        for (size_t i = 0; i < import->mine_count; i++) {
                size_t index = import->mine[i];

                if (import->descriptors[index] == *value &&
                    import->claims[index] == EK_CLAIM_NAMED) {
                        import->claims[index] = EK_CLAIM_CLAIMED;
                        return 0;
                }
        }
        return ekiden_error_set(import->error, EKIDEN_ETRANSFORMER,
                                "record %llu came out of the transformers with descriptor %d, "
                                "which is not one that it had, or had once; pass descriptors on as "
                                "they are, each once",
                                (unsigned long long)import->cursor.record, *value);
}

int ek_import_duplicate(void *data, int descriptor, int *ret_descriptor)
{
        struct ek_import *import = data;
        int r = make_room(import, import->descriptor_count + 1);
        int copy = r < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 0);

        if (r < 0)
                return r;
        if (copy < 0)
                return EKIDEN_ESYSTEM;
        import->descriptors[import->descriptor_count] = copy;
        import->claims[import->descriptor_count] = EK_CLAIM_NAMED;
        import->mine[import->mine_count++] = import->descriptor_count++;
        *ret_descriptor = copy;
        return 0;
}

/* What the record in hand has claimed becomes the program's, or is the library's again. */
void ek_import_settle_claims(struct ek_import *import, enum ek_claim settled)
{
        for (size_t i = 0; i < import->mine_count; i++)
                if (import->claims[import->mine[i]] == EK_CLAIM_CLAIMED)
                        import->claims[import->mine[i]] = settled;
}

void ek_import_close_unclaimed(struct ek_import *import)
{
        for (size_t i = 0; i < import->mine_count; i++) {
                size_t index = import->mine[i];

                if (import->claims[index] != EK_CLAIM_GONE)
                        ek_close(&import->descriptors[index]);
                import->claims[index] = EK_CLAIM_GONE;
        }
        import->mine_count = 0;
}

int ek_import_check_named(struct ek_import *import)
{
        for (size_t i = 0; i < import->descriptor_count; i++)
                if (import->claims[i] == EK_CLAIM_UNNAMED)
                        return ek_import_malformed(import,
                                                   "a descriptor came that no record names");
        ek_import_drop_descriptors(import);
        return 0;
}
