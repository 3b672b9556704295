/* SPDX-License-Identifier: MIT */
/*
 * The checker: one connection of its own, on which every key that was ever written is read back and
 * compared with the ledger.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "buffer.h"
#include "load.h"
#include "measure.h"
#include "reply.h"
#include "request.h"
#include "value.h"

#define AHEAD_KEYS 512 /* asked at once … */
#define AHEAD_BYTES (UINT32_C(4) << 20) /* … and not more than this is answered, about */
#define READ_SIZE ((size_t)1 << 20)
#define EXAMPLES 5

struct check {
        const struct ledger *ledger;
        int connection;
        struct buffer in, out;
        uint64_t present, lost, returned, wrong, in_doubt;
        uint64_t counted; /* keys that the server has */
};

static int connect_to(const struct settings *settings)
{
        const struct sockaddr_in *address = &settings->addresses.of[0];
        struct timeval patience = {.tv_sec = (time_t)settings->patience_s};
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(connection, (const struct sockaddr *)address, sizeof(*address)) < 0)
                fail("cannot connect to the server: %s", strerror(errno));
        return connection;
}

static void send_all(struct check *check)
{
        while (buffer_size(&check->out) > 0) {
                ssize_t sent = send(check->connection, check->out.data + check->out.begin,
                                    buffer_size(&check->out), MSG_NOSIGNAL);

                if (sent < 0)
                        fail("the checker's connection was lost: %s", strerror(errno));
                buffer_take(&check->out, (size_t)sent);
        }
}

/* The next reply, in the buffer until `taken` bytes are taken from there. */
static size_t receive_reply(struct check *check, struct reply *ret_reply)
{
        struct buffer *in = &check->in;
        ssize_t taken, got;

        while ((taken = reply_parse(in->data + in->begin, buffer_size(in), ret_reply)) == 0) {
                got = recv(check->connection, buffer_reserve(in, READ_SIZE), READ_SIZE, 0);
                if (got <= 0)
                        fail("the checker's connection was lost: %s",
                             got < 0 ? strerror(errno) : "closed by the server");
                buffer_grew(in, (size_t)got);
        }
        if (taken < 0)
                fail("what the server says is not RESP2");
        if (ret_reply->kind == REPLY_ERROR)
                fail("the server says: %.*s", (int)ret_reply->size, ret_reply->data);
        return (size_t)taken;
}

static void complain(const struct check *check, uint32_t key, const char *what)
{
        const struct ledger_entry *entry = &check->ledger->entries[key];
        char name[KEY_SIZE];

        if (check->lost + check->returned + check->wrong > EXAMPLES)
                return;
        key_write(key, name);
        printf("%.*s: %s; acknowledged was %s %u\n", KEY_SIZE, name, what,
               entry->acknowledged & 1 ? "deletion" : "write", entry->acknowledged >> 1);
}

static void compare(struct check *check, uint32_t key, const struct reply *reply)
{
        const struct ledger_entry *entry = &check->ledger->entries[key];

        check->present += reply->kind == REPLY_BULK;
        check->in_doubt += entry->sent != entry->acknowledged;
        if (request_allows(check->ledger, key, reply))
                return;
        if (reply->kind == REPLY_NIL) {
                check->lost++;
                complain(check, key, "lost");
        } else if (ledger_is_absent(entry->acknowledged)) {
                check->returned++;
                complain(check, key, "there again");
        } else {
                check->wrong++;
                complain(check, key, "has another value");
        }
}

static void read_back(struct check *check)
{
        uint32_t count = check->ledger->count;
        uint32_t ahead = AHEAD_BYTES / check->ledger->value_most;
        struct reply reply;

        if (ahead > AHEAD_KEYS || ahead == 0)
                ahead = ahead ? AHEAD_KEYS : 1;
        for (uint32_t first = 0; first < count; first += ahead) {
                uint32_t end = count - first < ahead ? count : first + ahead;

                for (uint32_t key = first; key < end; key++)
                        request_write_read(key, &check->out);
                send_all(check);
                for (uint32_t key = first; key < end; key++) {
                        size_t taken = receive_reply(check, &reply);

                        compare(check, key, &reply);
                        buffer_take(&check->in, taken);
                }
        }
}

/* Keys that nobody wrote are found by their number. */
static void count_keys(struct check *check)
{
        static const char request[] = "*1\r\n$6\r\nDBSIZE\r\n";
        struct reply reply;

        memcpy(buffer_reserve(&check->out, sizeof(request)), request, sizeof(request) - 1);
        buffer_grew(&check->out, sizeof(request) - 1);
        send_all(check);
        buffer_take(&check->in, receive_reply(check, &reply));
        if (reply.kind != REPLY_INTEGER)
                fail("DBSIZE gives no number");
        check->counted = (uint64_t)reply.integer;
}

static void print_json(const struct check *check, const char *path)
{
        FILE *out = fopen(path, "we");

        if (!out)
                fail("cannot write %s: %s", path, strerror(errno));
        fprintf(out, "{\"keys\": %u, \"present\": %" PRIu64 ", \"counted\": %" PRIu64,
                check->ledger->count, check->present, check->counted);
        fprintf(out, ", \"lost\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"returned\": %" PRIu64,
                check->lost, check->wrong, check->returned);
        fprintf(out, ", \"in_doubt\": %" PRIu64 "}\n", check->in_doubt);
        if (ferror(out) | fclose(out))
                fail("cannot write %s: %s", path, strerror(errno));
}

int load_check(const struct settings *settings)
{
        struct check check = {
                .ledger = ledger_open(settings->ledger),
                .connection = connect_to(settings),
        };
        bool sound;

        read_back(&check);
        count_keys(&check);
        sound = check.lost + check.wrong + check.returned == 0 && check.counted == check.present;
        printf("%u keys, %" PRIu64 " present, %" PRIu64 " counted by the server: %" PRIu64
               " lost, %" PRIu64 " wrong, %" PRIu64 " deleted and there again\n",
               check.ledger->count, check.present, check.counted, check.lost, check.wrong,
               check.returned);
        if (settings->json)
                print_json(&check, settings->json);
        close(check.connection);
        buffer_deinit(&check.in);
        buffer_deinit(&check.out);
        return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
