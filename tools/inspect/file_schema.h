/* SPDX-License-Identifier: MIT */
/*
 * The schema that a snapshot brings along, as the generator would have compiled it into the
 * program: items, and the tables of message types beside protobuf-c's descriptors.
 */
#pragma once

#include <ekiden/schema.h>

struct file_schema;

/* What a snapshot's header says of its schema; borrowed. */
struct file_schema_id {
        const char *program;
        uint32_t version;
        const uint8_t *fingerprint; /* EKIDEN_FINGERPRINT_SIZE bytes */
        const uint8_t *set; /* a google.protobuf.FileDescriptorSet */
        size_t set_size_bytes;
};

/**
 * Makes the schema of the set, and compares the fingerprint.
 *
 * @param id  not needed afterwards
 * @return 0, EKIDEN_EPROTOCOL (the set is damaged, or breaks the generator's rules), EKIDEN_ESCHEMA
 *         (it is not what the fingerprint stands for), EKIDEN_ELIMIT, EKIDEN_ENOMEM
 */
int file_schema_new(const struct file_schema_id *id, struct file_schema **ret_schema,
                    struct ekiden_error *error);

/** Frees it with all that it was asked for. NULL is allowed. */
struct file_schema *file_schema_free(struct file_schema *schema);

/** As in the generated source, but for descriptor_set. */
const struct ekiden_schema *file_schema_tables(const struct file_schema *schema);
