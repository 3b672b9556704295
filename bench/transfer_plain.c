/* SPDX-License-Identifier: MIT */
/* See transfer_plain.h. */
#include "transfer_plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "measure.h"
#include "socket_pair.h"
#include "transfer_table.h"
#include "transfer_v1.pb-c.h"

#define BLOCK ((size_t)256 << 10) /* bytes of records that are sent at once */
#define AHEAD 16 /* entries whose slots are prefetched */

static struct entry *new_entry(void)
{
        struct entry *entry = malloc(sizeof(*entry));

        if (!entry)
                fail("memory ran out");
        return entry;
}

static double insert_fresh(size_t count)
{
        struct entry *window[AHEAD];
        struct table table = {.count = 0};
        uint64_t began = clock_ns();

        table_reserve(&table, count);
        for (size_t i = 0; i < count + AHEAD; i++) {
                if (i >= AHEAD)
                        table_insert(&table, window[i % AHEAD]);
                if (i >= count)
                        continue;
                window[i % AHEAD] = new_entry();
                entry_make(window[i % AHEAD], i);
                table_prefetch(&table, window[i % AHEAD]);
        }
        return microseconds_since(began);
}

/* What a child of this process finds out, so that its memory is new, and given back at the end. */
static double in_child(double (*measure)(size_t count), size_t count)
{
        double elapsed_us;
        int ends[2];
        pid_t pid;

        if (pipe(ends) < 0 || (pid = fork()) < 0)
                fail("cannot start a process: %s", strerror(errno));
        if (pid == 0) {
                elapsed_us = measure(count);
                _exit(write(ends[1], &elapsed_us, sizeof(elapsed_us)) != sizeof(elapsed_us));
        }
        close(ends[1]);
        if (read(ends[0], &elapsed_us, sizeof(elapsed_us)) != sizeof(elapsed_us))
                fail("a process ended before it was done");
        close(ends[0]);
        waitpid(pid, NULL, 0);
        return elapsed_us;
}

double fresh_insert_us(size_t count)
{
        return in_child(insert_fresh, count);
}

static void send_all(int socket, const uint8_t *bytes, size_t size)
{
        while (size > 0) {
                ssize_t n = send(socket, bytes, size, MSG_NOSIGNAL);

                if (n <= 0)
                        fail("cannot send: %s", strerror(errno));
                bytes += n;
                size -= (size_t)n;
        }
}

static size_t put_entry(uint8_t *out, struct entry *entry)
{
        Transfer__V1__Entry message = TRANSFER__V1__ENTRY__INIT;
        uint32_t size;

        message.has_key = message.has_value = message.has_flags = 1;
        message.has_expiry = message.has_number = 1;
        message.key = (ProtobufCBinaryData){KEY_SIZE, entry->key};
        message.value = (ProtobufCBinaryData){VALUE_SIZE, entry->value};
        message.flags = entry->flags;
        message.expiry = entry->expiry;
        message.number = entry->number;
        size = (uint32_t)transfer__v1__entry__get_packed_size(&message);
        memcpy(out, &size, sizeof(size));
        return sizeof(size) + transfer__v1__entry__pack(&message, out + sizeof(size));
}

static void send_table(const struct table *table, int socket)
{
        static uint8_t block[BLOCK + 1024];
        size_t size = 0;

        for (size_t i = 0; i < table->slot_count; i++) {
                if (!table->slots[i])
                        continue;
                size += put_entry(block + size, table->slots[i]);
                if (size < BLOCK)
                        continue;
                send_all(socket, block, size);
                size = 0;
        }
        send_all(socket, block, size);
}

static void take_entry(struct table *table, const uint8_t *bytes, uint32_t size)
{
        Transfer__V1__Entry *message = transfer__v1__entry__unpack(NULL, size, bytes);
        struct entry *entry = new_entry();

        if (!message || message->key.len != KEY_SIZE || message->value.len != VALUE_SIZE)
                fail("a record did not come through");
        memcpy(entry->key, message->key.data, KEY_SIZE);
        memcpy(entry->value, message->value.data, VALUE_SIZE);
        entry->flags = message->flags;
        entry->expiry = message->expiry;
        entry->number = message->number;
        transfer__v1__entry__free_unpacked(message, NULL);
        table_insert(table, entry);
}

static void receive_table(struct table *table, int socket, size_t count)
{
        static uint8_t block[2 * BLOCK];
        size_t held = 0, at;
        uint32_t size;

        while (table->count < count) {
                ssize_t n = read(socket, block + held, sizeof(block) - held);

                if (n <= 0)
                        fail("the other process went away");
                held += (size_t)n;
                for (at = 0; held - at >= sizeof(size); at += sizeof(size) + size) {
                        memcpy(&size, block + at, sizeof(size));
                        if (held - at < sizeof(size) + size)
                                break;
                        take_entry(table, block + at + sizeof(size), size);
                }
                memmove(block, block + at, held - at);
                held -= at;
        }
}

static double transfer_plain(size_t count)
{
        struct table table = {.count = 0};
        uint64_t began;
        int sockets[2];
        char byte = 0;
        pid_t pid;

        socket_pair_open(BUFFER_LARGE, sockets);
        pid = fork();
        if (pid < 0)
                fail("cannot fork: %s", strerror(errno));
        if (pid == 0) {
                table_reserve(&table, count); /* in the order of slots, a small table clusters */
                receive_table(&table, sockets[1], count);
                _exit(write(sockets[1], &byte, 1) != 1);
        }
        close(sockets[1]);
        table_reserve(&table, count);
        for (size_t i = 0; i < count; i++) {
                struct entry *entry = new_entry();

                entry_make(entry, i);
                table_insert(&table, entry);
        }
        began = clock_ns();
        send_table(&table, sockets[0]);
        if (read(sockets[0], &byte, 1) != 1)
                fail("not everything arrived");
        waitpid(pid, NULL, 0);
        return microseconds_since(began);
}

double plain_transfer_us(size_t count)
{
        return in_child(transfer_plain, count);
}
