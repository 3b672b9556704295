/* SPDX-License-Identifier: MIT */
/*
 * The second release: a foo has a rank.
 *
 *     annotated-v2 [PORT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "annotated_v1_to_v2.hop.h"
#include "annotated_v2.native.h"

static struct foo *find(struct foo *ring, const char *name)
{
        struct foo *foo = ring->next;

        while (foo != ring && strcmp(foo->name, name) != 0)
                foo = foo->next;
        foo->lookups++;
        return foo == ring ? NULL : foo;
}

static bool add(struct foo *ring, const char *name, const char *text)
{
        struct foo *foo = calloc(1, sizeof(*foo));
        struct bar *bar = calloc(1, sizeof(*bar));

        if (!foo || !bar || !(foo->name = strdup(name)) || !(foo->buf = strdup(text)))
                return false; /* memory ran out: what there is of it stays behind */
        foo->buf_len = strlen(text);
        foo->rank = 1;
        *bar = (struct bar){.owner = foo, .holders = 1};
        foo->bar = bar;
        foo->next = ring;
        foo->previous = ring->previous;
        foo->previous->next = foo->next->previous = foo;
        return true;
}

static void share(struct foo *foo, struct foo *other)
{
        other->bar->holders++;
        if (--foo->bar->holders == 0)
                free(foo->bar);
        foo->bar = other->bar;
}

static bool list(struct foo *ring, int connection)
{
        char names[LINE_SIZE] = "";
        size_t size = 0;

        for (struct foo *foo = ring->next; foo != ring; foo = foo->next)
                if (!send_line(connection,
                               "v2: %s \"%.*s\" buddy %s bar of %s with %d rank %d lookups %u",
                               foo->name, (int)foo->buf_len, foo->buf,
                               foo->buddy ? foo->buddy->name : "nobody", foo->bar->owner->name,
                               foo->bar->holders, foo->rank, foo->lookups))
                        return false;
        for (struct foo *foo = ring->previous; foo != ring && size < sizeof(names);
             foo = foo->previous)
                size += (size_t)snprintf(names + size, sizeof(names) - size, " %s", foo->name);
        return send_line(connection, "v2: back:%s", names);
}

static bool obey(struct foo *ring, int connection, const char *line)
{
        char name[32], other_name[32], text[LINE_SIZE];
        struct foo *foo, *other;
        int rank;

        if (strcmp(line, "list") == 0)
                return list(ring, connection);
        if (sscanf(line, "add %31[a-z] %[a-z ]", name, text) == 2 && !find(ring, name)) {
                if (!add(ring, name, text))
                        return false;
        } else if (sscanf(line, "buddy %31[a-z] %31[a-z]", name, other_name) == 2 &&
                   (foo = find(ring, name)) && (other = find(ring, other_name))) {
                foo->buddy = other;
        } else if (sscanf(line, "share %31[a-z] %31[a-z]", name, other_name) == 2 &&
                   (foo = find(ring, name)) && (other = find(ring, other_name))) {
                share(foo, other);
        } else if (sscanf(line, "rank %31[a-z] %d", name, &rank) == 2 && (foo = find(ring, name))) {
                foo->rank = rank;
        } else {
                return send_line(connection, "v2: say list, add NAME TEXT, buddy NAME OTHER, "
                                             "share NAME OTHER, or rank NAME NUMBER");
        }
        return send_line(connection, "v2: done");
}

static void serve_client(struct foo *ring, struct client *client)
{
        char line[LINE_SIZE];
        bool stays = true;

        while (stays) {
                ekiden_update_point("client_loop");
                stays = line_receive(client->connection, client->line, &client->length);
                while (stays && line_take(client->line, &client->length, line))
                        stays = obey(ring, client->connection, line);
        }
        close(client->connection);
        client->connection = -1;
        client->length = 0;
}

static int tag(struct foo *ring, struct client *client, const char *port)
{
        int began = annotated_v2_tag_client(client);

        if (began == EKIDEN_FRESH || ekiden_is_restored()) {
                client->listener = listen_on(ekiden_is_rehearsal() ? "0" : port);
                client->length = 0; /* in a snapshot: who had said that is gone */
        }
        return began < 0 ? began : annotated_v2_tag_foo(ring);
}

int main(int argc, char **argv)
{
        struct foo ring = {.next = &ring, .previous = &ring};
        struct client client = {.connection = -1};
        struct ekiden_error error = {0};
        int result;

        setlinebuf(stdout);
        ekiden_add_hop(&annotated_v1_to_v2);
        if (ekiden_start(argc, argv, &annotated_v2, &error) < 0) {
                fprintf(stderr, "annotated: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        result = tag(&ring, &client, argc > 1 ? argv[1] : "7000");
        if (result < 0) {
                fprintf(stderr, "annotated: its state cannot be taken over: %s\n",
                        ekiden_error_text(result));
                return ekiden_error_exit_status(result);
        }
        if (ekiden_resumed_at("client_loop"))
                serve_client(&ring, &client);
        for (;;) {
                ekiden_update_point("accept_loop");
                client.connection = accept_client(client.listener);
                if (client.connection >= 0)
                        serve_client(&ring, &client);
        }
}
