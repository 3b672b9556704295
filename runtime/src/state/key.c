/* SPDX-License-Identifier: MIT */
/* See key.h. It is done when a record has failed, and costs the others nothing. */
#include "state/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "state/native.h"
#include "utf8.h"

#define KEY_TEXT_MAX 40 /* bytes; longer text is not shown */
#define KEY_SIZE (EKIDEN_NAME_MAX + KEY_TEXT_MAX + 8)

/* Adds " (key)" behind "record NUMBER". */
static void insert(struct ekiden_error *error, uint64_t number, const char *key)
{
        char words[32], sentence[sizeof(error->sentence) + KEY_SIZE];
        const char *at = error->sentence, *end;

        snprintf(words, sizeof(words), "record %llu", (unsigned long long)number);
        do {
                at = strstr(at, words);
                if (!at)
                        return;
                at += strlen(words);
        } while (*at >= '0' && *at <= '9');
        if (strncmp(at, " (", 2) == 0)
                return;
        end = at;
        snprintf(sentence, sizeof(sentence), "%.*s (%s)%s", (int)(end - error->sentence),
                 error->sentence, key, end);
        ek_utf8_copy(error->sentence, sizeof(error->sentence), sentence);
}

static bool is_shown(const char *text)
{
        return strlen(text) <= KEY_TEXT_MAX && !strchr(text, '"') && !ek_utf8_has_control(text);
}

static void insert_text(struct ekiden_error *error, uint64_t number, const char *name,
                        const char *text)
{
        char key[KEY_SIZE];

        if (!text || !is_shown(text))
                return;
        snprintf(key, sizeof(key), "%.*s \"%s\"", EKIDEN_NAME_MAX, name, text);
        insert(error, number, key);
}

/* Bytes that are text are shown as such. */
static void insert_bytes(struct ekiden_error *error, uint64_t number, const char *name,
                         const ProtobufCBinaryData *bytes)
{
        char text[KEY_TEXT_MAX + 1];
        size_t length;

        if (bytes->len == 0 || bytes->len > KEY_TEXT_MAX || !bytes->data ||
            memchr(bytes->data, '\0', bytes->len))
                return;
        for (size_t at = 0; at < bytes->len; at += length) {
                length = ek_utf8_character(bytes->data + at, bytes->len - at);
                if (length == 0)
                        return;
        }
        memcpy(text, bytes->data, bytes->len);
        text[bytes->len] = '\0';
        insert_text(error, number, name, text);
}

static void insert_number(struct ekiden_error *error, uint64_t number, const char *name,
                          struct ek_number value)
{
        char key[KEY_SIZE];

        if (value.kind == EK_NUMBER_UNSIGNED)
                snprintf(key, sizeof(key), "%.*s %llu", EKIDEN_NAME_MAX, name,
                         (unsigned long long)value.natural);
        else if (value.kind == EK_NUMBER_SIGNED)
                snprintf(key, sizeof(key), "%.*s %lld", EKIDEN_NAME_MAX, name,
                         (long long)value.integer);
        else
                return;
        insert(error, number, key);
}

static bool is_absent(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *record)
{
        return field->label == PROTOBUF_C_LABEL_REPEATED ||
               (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
               (field->label == PROTOBUF_C_LABEL_OPTIONAL &&
                field->type != PROTOBUF_C_TYPE_STRING &&
                !*(const protobuf_c_boolean *)((const char *)record + field->quantifier_offset));
}

void ek_name_key(struct ekiden_error *error, uint64_t number, const struct ekiden_item *item,
                 const ProtobufCMessage *record)
{
        const ProtobufCFieldDescriptor *field;
        const void *value;

        if (!error || error->code == 0 || item->key == 0)
                return;
        field = protobuf_c_message_descriptor_get_field(record->descriptor, item->key);
        if (!field || ek_message_field_is_secret(item->message, item->key) ||
            field->type == PROTOBUF_C_TYPE_MESSAGE || is_absent(field, record))
                return;
        value = (const char *)record + field->offset;
        if (field->type == PROTOBUF_C_TYPE_STRING)
                insert_text(error, number, field->name, *(const char *const *)value);
        else if (field->type == PROTOBUF_C_TYPE_BYTES)
                insert_bytes(error, number, field->name, value);
        else
                insert_number(error, number, field->name, ek_number_of_field(field->type, value));
}

static void name_member(struct ekiden_error *error, uint64_t number, const char *name,
                        const struct ekiden_member *member, const void *object)
{
        const char *value = (const char *)object + member->offset;
        struct ek_number loaded;

        if (member->choice || member->enumeration || member->room != EKIDEN_ROOM_ONE)
                return;
        if (member->kind == EKIDEN_MEMBER_NUMBER &&
            ek_number_load(value, member->size, member->flags, &loaded)) {
                insert_number(error, number, name, loaded);
        } else if (member->kind == EKIDEN_MEMBER_TEXT) {
                if (member->flags & EKIDEN_MEMBER_INDIRECT)
                        memcpy(&value, (const char *)object + member->offset, sizeof(value));
                else if (!memchr(value, '\0', member->size))
                        return;
                insert_text(error, number, name, value);
        }
}

void ek_name_native_key(struct ekiden_error *error, uint64_t number, const struct ekiden_item *item,
                        const struct ekiden_native *native, const void *object)
{
        if (!error || error->code == 0 || item->key == 0 ||
            ek_message_field_is_secret(item->message, item->key))
                return;
        for (size_t i = 0; i < native->member_count; i++) {
                const ProtobufCFieldDescriptor *field =
                        &native->descriptor->fields[native->members[i].field];

                if (field->id == item->key)
                        name_member(error, number, field->name, &native->members[i], object);
        }
}
