/* SPDX-License-Identifier: MIT */
/* See request.h. */
#include "request.h"

#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "value.h"

#define FRAMING_MOST 96

static void add(struct buffer *out, const char *text, size_t size)
{
        memcpy(buffer_reserve(out, size), text, size);
        buffer_grew(out, size);
}

static void add_key(struct buffer *out, const char *before, size_t size, uint32_t key)
{
        char *end = buffer_reserve(out, size + KEY_SIZE + 2);

        memcpy(end, before, size);
        key_write(key, end + size);
        memcpy(end + size + KEY_SIZE, "\r\n", 2);
        buffer_grew(out, size + KEY_SIZE + 2);
}

#define ADD_KEY(out, before, key) add_key(out, before, sizeof(before) - 1, key)

void request_write_read(uint32_t key, struct buffer *out)
{
        ADD_KEY(out, "*2\r\n$3\r\nGET\r\n$16\r\n", key);
}

static void add_value(const struct ledger *ledger, const struct operation *operation,
                      struct buffer *out)
{
        size_t size = value_size(operation->key, operation->version, ledger->value_least,
                                 ledger->value_most);
        char length[FRAMING_MOST];
        int length_size = snprintf(length, sizeof(length), "$%zu\r\n", size);

        add(out, length, (size_t)length_size);
        value_write(operation->key, operation->version, size, buffer_reserve(out, size));
        buffer_grew(out, size);
        add(out, "\r\n", 2);
}

void request_write(const struct ledger *ledger, const struct operation *operation,
                   struct buffer *out)
{
        switch (operation->kind) {
        case OPERATION_READ:
                request_write_read(operation->key, out);
                break;
        case OPERATION_WRITE:
                ADD_KEY(out, "*3\r\n$3\r\nSET\r\n$16\r\n", operation->key);
                add_value(ledger, operation, out);
                break;
        case OPERATION_DELETE:
                ADD_KEY(out, "*2\r\n$3\r\nDEL\r\n$16\r\n", operation->key);
                break;
        }
}

bool request_allows(const struct ledger *ledger, uint32_t key, const struct reply *reply)
{
        uint32_t version = 0;

        if (reply->kind == REPLY_BULK && !value_read(key, ledger->value_least, ledger->value_most,
                                                     reply->data, reply->size, &version))
                return false;
        return (reply->kind == REPLY_BULK || reply->kind == REPLY_NIL) &&
               ledger_allows(ledger, key, version);
}

static void take_read(struct load *load, const struct operation *operation,
                      const struct reply *reply)
{
        const struct ledger_entry *entry = &load->ledger->entries[operation->key];

        load->reads++;
        if (request_allows(load->ledger, operation->key, reply))
                return;
        if (load->wrong++ == 0)
                snprintf(load->wrong_example, sizeof(load->wrong_example),
                         "key %u, written %u times: %s (%.*s)", operation->key,
                         entry->acknowledged >> 1,
                         reply->kind == REPLY_NIL ? "there is nothing" : "another value",
                         (int)(reply->size < VALUE_LEAST ? reply->size : VALUE_LEAST),
                         reply->data ? reply->data : "");
}

bool request_take_reply(struct load *load, const struct operation *operation,
                        const struct reply *reply)
{
        bool expected = operation->kind == OPERATION_READ
                                ? reply->kind == REPLY_BULK || reply->kind == REPLY_NIL
                        : operation->kind == OPERATION_WRITE
                                ? reply->kind == REPLY_STATUS && reply->size == 2 &&
                                          memcmp(reply->data, "OK", 2) == 0
                                : reply->kind == REPLY_INTEGER;

        if (!expected) {
                if (load->errors++ == 0)
                        snprintf(load->error_example, sizeof(load->error_example), "%.*s",
                                 (int)reply->size, reply->data ? reply->data : "");
                return false;
        }
        if (operation->kind == OPERATION_READ) {
                take_read(load, operation, reply);
                return true;
        }
        ledger_acknowledge(load->ledger, operation->key, operation->version);
        if (operation->kind == OPERATION_WRITE)
                load->writes++;
        else
                load->deletions++;
        return true;
}
