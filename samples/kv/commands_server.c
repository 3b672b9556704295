/* SPDX-License-Identifier: MIT */
/*
 * Commands for the server and the connection, among them what redis-cli and redis-benchmark ask
 * for when they connect.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "release.h"
#include "reply.h"
#include "server.h"

static void run_ping(const struct call *call)
{
        if (call->count == 1)
                reply_simple(call->connection, "PONG");
        else if (call->count == 2)
                reply_bulk(call->connection, call->arguments[1]);
        else
                reply_wrong_arity(call, "ping");
}

static void run_echo(const struct call *call)
{
        reply_bulk(call->connection, call->arguments[1]);
}

static void run_quit(const struct call *call)
{
        reply_ok(call);
        connection_leave(call->connection);
}

static void run_select(const struct call *call)
{
        int64_t number;

        if (!take_integer(call, 1, &number))
                return;
        if (number == 0)
                reply_ok(call);
        else
                reply_error(call->connection, "ERR DB index is out of range");
}

static void run_hello(const struct call *call)
{
        int64_t version = 2;

        if (call->count > 2) {
                reply_syntax_error(call);
                return;
        }
        if (call->count > 1 && (!text_to_integer(call->arguments[1], &version) || version != 2)) {
                reply_error(call->connection, "NOPROTO unsupported protocol version");
                return;
        }
        reply_array(call->connection, 6);
        reply_bulk(call->connection, text_of("server"));
        reply_bulk(call->connection, text_of("kv"));
        reply_bulk(call->connection, text_of("proto"));
        reply_integer(call->connection, 2);
        reply_bulk(call->connection, text_of("id"));
        reply_integer(call->connection, (int64_t)call->connection->id);
}

/* INFO. */

struct report {
        char text[2048];
        size_t size;
};

static void say(struct report *report, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void say(struct report *report, const char *format, ...)
{
        va_list arguments;
        int size;

        va_start(arguments, format);
        size = vsnprintf(report->text + report->size, sizeof(report->text) - report->size, format,
                         arguments);
        va_end(arguments);
        if (size > 0 && (size_t)size < sizeof(report->text) - report->size)
                report->size += (size_t)size;
}

static void say_server(struct report *report, const struct call *call)
{
        int64_t up_ms = call->store->now_ms - call->server->state.started_at;

        say(report,
            "# Server\r\nserver_name:kv\r\nkv_release:%u\r\nprocess_id:%d\r\ntcp_port:%u\r\n"
            "uptime_in_seconds:%" PRId64 "\r\n",
            release.version, (int)getpid(), (unsigned int)call->server->port, up_ms / 1000);
}

static void say_clients(struct report *report, const struct call *call)
{
        say(report, "# Clients\r\nconnected_clients:%" PRIu32 "\r\nmaxclients:%d\r\n",
            call->server->connection_count, CONNECTIONS_MAX);
}

static uint64_t resident_bytes(void)
{
        unsigned long total, resident = 0;
        FILE *file = fopen("/proc/self/statm", "re");

        if (file && fscanf(file, "%lu %lu", &total, &resident) != 2)
                resident = 0;
        if (file)
                fclose(file);
        return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void say_memory(struct report *report, const struct call *call)
{
        (void)call;
        say(report, "# Memory\r\nused_memory_rss:%" PRIu64 "\r\n", resident_bytes());
}

static void say_stats(struct report *report, const struct call *call)
{
        say(report,
            "# Stats\r\ntotal_connections_received:%" PRIu64 "\r\ntotal_commands_processed:%" PRIu64
            "\r\nexpired_keys:%" PRIu64 "\r\nkeyspace_hits:%" PRIu64 "\r\nkeyspace_misses:%" PRIu64
            "\r\n",
            call->server->state.connections, call->server->state.commands,
            call->store->counts->expired, call->store->counts->hits, call->store->counts->misses);
}

static void say_keyspace(struct report *report, const struct call *call)
{
        say(report, "# Keyspace\r\n");
        if (store_count(call->store) > 0)
                say(report, "db0:keys=%" PRIu64 ",expires=%" PRIu64 ",avg_ttl=0\r\n",
                    store_count(call->store), call->store->expiring);
}

static void run_info(const struct call *call)
{
        static const struct {
                const char *name;
                void (*say)(struct report *report, const struct call *call);
        } sections[] = {
                {"server", say_server}, {"clients", say_clients},   {"memory", say_memory},
                {"stats", say_stats},   {"keyspace", say_keyspace},
        };
        struct report report = {.size = 0};

        for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
                bool wanted = call->count == 1;

                for (size_t j = 1; j < call->count; j++)
                        wanted = wanted || text_is(call->arguments[j], sections[i].name) ||
                                 text_is(call->arguments[j], "all") ||
                                 text_is(call->arguments[j], "default") ||
                                 text_is(call->arguments[j], "everything");
                if (!wanted)
                        continue;
                if (report.size > 0)
                        say(&report, "\r\n");
                sections[i].say(&report, call);
        }
        reply_bulk(call->connection, (struct text){(const uint8_t *)report.text, report.size});
}

/* COMMAND: what there is. */

static void describe(const struct call *call, const struct command *command)
{
        reply_array(call->connection, 6);
        reply_bulk(call->connection, text_of(command->name));
        reply_integer(call->connection, command->arity);
        reply_array(call->connection, 0); /* flags */
        reply_integer(call->connection, 0); /* where keys are: nobody here says */
        reply_integer(call->connection, 0);
        reply_integer(call->connection, 0);
}

static void run_command(const struct call *call)
{
        const struct command *command = NULL;
        size_t count = 0;

        while ((command = command_next(command)))
                count++;
        if (call->count == 1) {
                reply_array(call->connection, count);
                while ((command = command_next(command)))
                        describe(call, command);
        } else if (text_is(call->arguments[1], "count")) {
                reply_integer(call->connection, (int64_t)count);
        } else if (text_is(call->arguments[1], "docs")) {
                reply_array(call->connection, 0);
        } else {
                reply_unknown_subcommand(call);
        }
}

static void run_config(const struct call *call)
{
        static const char *const settings[][2] = {
                {"appendonly", "no"},    {"save", ""},       {"databases", "1"},
                {"maxclients", "10000"}, {"maxmemory", "0"}, {"proto-max-bulk-len", "536870912"},
        };
        size_t found = 0, count = sizeof(settings) / sizeof(settings[0]);
        bool asked[sizeof(settings) / sizeof(settings[0])] = {false};

        if (!text_is(call->arguments[1], "get")) {
                if (text_is(call->arguments[1], "resetstat"))
                        reply_ok(call);
                else
                        reply_unknown_subcommand(call);
                return;
        }
        if (call->count < 3) {
                reply_wrong_arity(call, "config|get");
                return;
        }
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 2; j < call->count; j++)
                        asked[i] = asked[i] ||
                                   text_matches(text_of(settings[i][0]), call->arguments[j]);
                found += asked[i];
        }
        reply_array(call->connection, found * 2);
        for (size_t i = 0; i < count; i++) {
                if (!asked[i])
                        continue;
                reply_bulk(call->connection, text_of(settings[i][0]));
                reply_bulk(call->connection, text_of(settings[i][1]));
        }
}

/* CLIENT. A name is kept as text, and is printed in a list: so it has neither blanks nor what is
 * no plain character. */
static void set_name(const struct call *call)
{
        struct text name = call->arguments[2];
        char *copy = NULL;

        for (size_t i = 0; i < name.size; i++) {
                if (name.bytes[i] > ' ' && name.bytes[i] < 0x7f)
                        continue;
                reply_error(call->connection, "ERR Client names cannot contain spaces, newlines or "
                                              "special characters.");
                return;
        }
        if (name.size > 0 && !(copy = strndup((const char *)name.bytes, name.size))) {
                reply_out_of_memory(call);
                return;
        }
        free(call->connection->name);
        call->connection->name = copy;
        reply_ok(call);
}

static void run_client(const struct call *call)
{
        struct text word = call->arguments[1];
        const char *name = call->connection->name;

        if (text_is(word, "id") && call->count == 2)
                reply_integer(call->connection, (int64_t)call->connection->id);
        else if (text_is(word, "setname") && call->count == 3)
                set_name(call);
        else if (text_is(word, "getname") && call->count == 2 && name)
                reply_bulk(call->connection, text_of(name));
        else if (text_is(word, "getname") && call->count == 2)
                reply_null(call->connection);
        else if (text_is(word, "setinfo") && call->count == 4)
                reply_ok(call);
        else
                reply_unknown_subcommand(call);
}

const struct command server_commands[] = {
        {"ping", -1, run_ping},     {"echo", 2, run_echo},
        {"info", -1, run_info},     {"command", -1, run_command},
        {"config", -2, run_config}, {"client", -2, run_client},
        {"select", 2, run_select},  {"hello", -1, run_hello},
        {"quit", -1, run_quit},     {0},
};
