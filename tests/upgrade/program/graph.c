/* SPDX-License-Identifier: MIT */
/*
 * A program whose state is a graph of structs, and that upgrades itself to itself. It says what
 * came of it. Its tables are written by hand, as the generator writes them.
 *
 * usage: graph whole | orphan | unbound | slow | closed0 … closed7
 *        orphan: the new one does not tag what a pointer leads to
 *        unbound: the new one takes the root as a message, and then nodes that crossed with it as
 *                structs
 *        slow:   the old one takes its time to leave; the new one closes a connection meanwhile
 *        closed: the old one tags the n-th of some descriptors and closes them; the upgrade itself
 *                takes their numbers
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>
#include <ekiden/native.h>

#include "graph.pb-c.h"

struct entry {
        uint32_t key;
        struct node *node;
        struct entry *sibling;
};

struct node {
        char *name;
        struct node *next;
};

struct root {
        struct node *head;
        struct entry *favourite;
        struct root *self;
};

static const struct ekiden_native node_native, entry_native, root_native;

static const struct ekiden_member node_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "name", .field = 1, .kind = EKIDEN_MEMBER_TEXT, EKIDEN_TEXT_AT(struct node, name)},
        {.name = "next", .field = 2, EKIDEN_MESSAGE_AT(struct node, next), .target = &node_native},
};

static const struct ekiden_member entry_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "key",
         .field = 1,
         .kind = EKIDEN_MEMBER_NUMBER,
         EKIDEN_NUMBER_AT(struct entry, key)},
        {.name = "node", .field = 2, EKIDEN_MESSAGE_AT(struct entry, node), .target = &node_native},
};

static const struct ekiden_member root_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "head", .field = 1, EKIDEN_MESSAGE_AT(struct root, head), .target = &node_native},
        {.name = "favourite",
         .field = 2,
         .kind = EKIDEN_MEMBER_OBJECT,
         .flags = EKIDEN_MEMBER_REFERENCE,
         .offset = offsetof(struct root, favourite),
         .size = sizeof(struct entry *),
         .target = &entry_native},
        {.name = "self", .field = 3, EKIDEN_MESSAGE_AT(struct root, self), .target = &root_native},
};

#define NATIVE(type)                                                                \
        static const struct ekiden_native type##_native = {                         \
                .name = "struct " #type,                                            \
                .descriptor = &graph__v1__##type##__descriptor,                     \
                .size = sizeof(struct type),                                        \
                .members = type##_members,                                          \
                .member_count = sizeof(type##_members) / sizeof(type##_members[0]), \
        }

NATIVE(node);
NATIVE(entry);
NATIVE(root);

static const struct ekiden_field identity[] = {{.index = 0, .flags = EKIDEN_FIELD_IDENTITY}};
static const struct ekiden_message node_message = {&graph__v1__node__descriptor, identity, 1, NULL};
static const struct ekiden_message entry_message = {&graph__v1__entry__descriptor, identity, 1,
                                                    NULL};
static const struct ekiden_message root_message = {&graph__v1__root__descriptor, identity, 1, NULL};

static const struct ekiden_item items[] = {
        {.name = "Entry", .kind = EKIDEN_ITEM_OBJECTS, .message = &entry_message},
        {.name = "Node", .kind = EKIDEN_ITEM_OBJECTS, .message = &node_message},
        {.name = "Root", .kind = EKIDEN_ITEM_OBJECTS, .message = &root_message},
        {.name = "entries", .kind = EKIDEN_ITEM_STREAM, .message = &entry_message, .key = 2},
        {.name = "nodes", .kind = EKIDEN_ITEM_STREAM, .message = &node_message},
        {.name = "root", .kind = EKIDEN_ITEM_SINGLETON, .message = &root_message},
};
enum { ENTRIES = 3, NODES, ROOT };

static const struct ekiden_schema graph_v1 = {
        .program = "graph", .version = 1, .items = items, .item_count = 6};
static const struct ekiden_native *const by_item[] = {&entry_native, &node_native, &root_native,
                                                      &entry_native, &node_native, &root_native};
static const struct ekiden_natives natives = {&graph_v1, by_item};

static struct entry *entries[4];
static size_t entry_count;
static struct root root;

static void *next_entry(const void *functions, void *previous, struct ekiden_cursor *cursor,
                        void *data)
{
        (void)functions, (void)previous, (void)data;
        return cursor->record < entry_count ? entries[cursor->record] : NULL;
}

static int insert_entry(const void *functions, void *entry, struct ekiden_cursor *cursor,
                        void *data)
{
        (void)functions, (void)cursor, (void)data;
        if (entry_count == 4)
                return EKIDEN_ELIMIT;
        entries[entry_count++] = entry;
        return 0;
}

static const struct ekiden_container container = {.next = next_entry, .insert = insert_entry};

static void say(const char *line)
{
        if (write(STDOUT_FILENO, line, strlen(line)) < 0)
                abort();
}

static void *next_node(const void *functions, void *previous, struct ekiden_cursor *cursor,
                       void *data)
{
        (void)functions, (void)cursor, (void)data;
        return previous ? NULL : root.head;
}

static int insert_node(const void *functions, void *entry, struct ekiden_cursor *cursor, void *data)
{
        (void)functions, (void)entry, (void)cursor, (void)data;
        return EKIDEN_ELIMIT; /* the root has them already */
}

static const struct ekiden_container node_container = {.next = next_node, .insert = insert_node};

/* The new one, which takes no structs with the root. */
static int unbound(void)
{
        Graph__V1__Root message = GRAPH__V1__ROOT__INIT;
        int r = ekiden_tag_message(&items[ROOT], &message.base);

        if (r == EKIDEN_RESUMED)
                r = ekiden_tag_container(&items[NODES], &natives, &node_container, "any", NULL);
        if (r == EKIDEN_RESUMED)
                say("nodes came");
        return 1;
}

static bool is_whole(void)
{
        return entry_count == 2 && root.self == &root && root.favourite == entries[1] &&
               entries[0]->key == 1 && entries[1]->key == 2 && entries[0]->node == root.head &&
               entries[1]->node == root.head->next && root.head->next->next == root.head &&
               strcmp(root.head->name, "a") == 0 && strcmp(root.head->next->name, "b") == 0;
}

static void log_line(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level == EKIDEN_LOG_ERROR || strstr(message, "favourite") ||
            strstr(message, "not bound to a struct"))
                say(message);
}

static void make_state(void)
{
        static struct node nodes[2];
        static struct entry own[2];

        nodes[0] = (struct node){strdup("a"), &nodes[1]};
        nodes[1] = (struct node){strdup("b"), &nodes[0]};
        for (uint32_t i = 0; i < 2; i++) {
                own[i] = (struct entry){.key = i + 1, .node = &nodes[i]};
                entries[i] = &own[i];
        }
        entry_count = 2;
        root = (struct root){&nodes[0], entries[1], &root};
}

static int connection[2] = {-1, -1};

static void leave_slowly(void *data, pid_t successor)
{
        sigset_t all;

        (void)data, (void)successor;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL); /* the update signal would end the sleep */
        sleep(3);
}

/* The lowest free numbers: the upgrade opens some descriptors for a moment, and others to stay. */
static void tag_closed_descriptor(int place)
{
        static int numbers[8];

        for (int i = 0; i < 8; i++)
                numbers[i] = dup(STDIN_FILENO);
        ekiden_tag_descriptor("closed", &numbers[place]);
        for (int i = 0; i < 8; i++)
                close(numbers[i]);
}

/* One end is closed; does the other hear of it, with the old process still there? */
static void close_connection(void)
{
        struct pollfd other = {.fd = connection[1], .events = POLLRDHUP};

        close(connection[0]);
        say(poll(&other, 1, 1000) == 1 ? ", the connection ended" : ", the connection lives on");
}

int main(int argc, char *argv[])
{
        bool is_slow = argc > 1 && strcmp(argv[1], "slow") == 0;
        bool leaves_out = argc > 1 && strcmp(argv[1], "orphan") == 0;
        bool is_new = getenv("GRAPH_IS_NEW") != NULL;
        struct ekiden_error error = {0};
        int r;

        setenv("GRAPH_IS_NEW", "1", 1); /* the library starts the next leg with what it finds now */
        ekiden_set_log(log_line, NULL);
        if (ekiden_start(argc, argv, &graph_v1, &error) < 0) {
                say(error.sentence);
                return 1;
        }
        if (argc > 1 && strcmp(argv[1], "unbound") == 0 && is_new)
                return unbound();
        r = ekiden_tag_native(&items[ROOT], &natives, &root);
        if ((!leaves_out || r == EKIDEN_FRESH) &&
            ekiden_tag_container(&items[ENTRIES], &natives, &container, "any", NULL) != r)
                say("one item came, and the other did not; ");
        if (is_slow) {
                ekiden_set_leave(leave_slowly, NULL);
                if (r == EKIDEN_FRESH &&
                    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, connection) < 0)
                        abort();
                if (ekiden_tag_descriptor("one", &connection[0]) != r ||
                    ekiden_tag_descriptor("other", &connection[1]) != r)
                        say("the connection did not come; ");
        }
        if (r == EKIDEN_RESUMED && argc > 1 && strncmp(argv[1], "closed", 6) == 0)
                ekiden_tag_descriptor("closed", &connection[0]);
        if (r == EKIDEN_RESUMED) {
                ekiden_update_point("loop");
                say(is_whole() ? "whole" : "torn");
                if (is_slow)
                        close_connection();
                return 0;
        }
        ekiden_tag_container(&items[NODES], &natives, &node_container, "any", NULL);
        make_state();
        if (argc > 1 && strncmp(argv[1], "closed", 6) == 0)
                tag_closed_descriptor(argv[1][6] - '0');
        raise(SIGUSR2);
        for (int i = 0; i < 1000; i++) {
                ekiden_update_point("loop");
                usleep(1000);
        }
        say(is_whole() ? "; serves on" : "; torn");
        return 0;
}
