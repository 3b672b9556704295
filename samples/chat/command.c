/* SPDX-License-Identifier: MIT */
/*
 * The commands, in a table.
 */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "member.h"
#include "release.h"
#include "room.h"
#include "server.h"

/* Names of guests are kept for guests. */
static bool is_taken(struct server *server, const char *nick)
{
        struct member *other = TAILQ_FIRST(&server->members);

        while (other && strcmp(other->nick, nick) != 0)
                other = TAILQ_NEXT(other, in_server);
        return other || strncmp(nick, "guest", strlen("guest")) == 0;
}

static void change_nick(struct member *member, const char *argument)
{
        char nick[NAME_SIZE], text[2 * NAME_SIZE + sizeof(" is now ")];

        if (!name_copy(nick, argument)) {
                member_say(member, "* a name has 1 to 20 letters, digits, '_' and '-'\n");
                return;
        }
        if (is_taken(member->server, nick)) {
                member_say(member, "* %s is taken\n", nick);
                return;
        }
        snprintf(text, sizeof(text), "%s is now %s", member->nick, nick);
        memcpy(member->nick, nick, NAME_SIZE);
        room_broadcast(member->room, "", text);
}

static void join_room(struct member *member, const char *argument)
{
        char name[NAME_SIZE];
        struct room *room;

        if (!name_copy(name, argument)) {
                member_say(member, "* a room's name has 1 to 20 letters, digits, '_' and '-'\n");
                return;
        }
        room = room_find(member->server, name);
        if (room == member->room) {
                member_say(member, "* you are in %s\n", name);
                return;
        }
        if (!room)
                room = room_new(member->server, name);
        if (!room) {
                member_say(member, "* there is no memory for another room\n");
                return;
        }
        room_leave(member);
        room_enter(room, member);
}

static void list_members(struct member *member, const char *argument)
{
        time_t now = time(NULL);
        struct member *other = TAILQ_FIRST(&member->room->members);

        (void)argument;
        member_say(member, "* in %s:\n", member->room->name);
        for (; other; other = TAILQ_NEXT(other, in_room)) {
                if (release.has_join_times && other->joined_at > 0)
                        member_say(member, "- %s, for %" PRId64 " s\n", other->nick,
                                   (int64_t)now - other->joined_at);
                else
                        member_say(member, "- %s\n", other->nick);
        }
}

static void list_messages(struct member *member, const char *argument)
{
        struct message *message = TAILQ_FIRST(&member->room->messages);

        (void)argument;
        for (; message; message = TAILQ_NEXT(message, in_room)) {
                if (message->author[0])
                        member_say(member, "- #%" PRIu64 " <%s> %s\n", message->sequence,
                                   message->author, message->text);
                else
                        member_say(member, "- #%" PRIu64 " * %s\n", message->sequence,
                                   message->text);
        }
}

static void set_topic(struct member *member, const char *argument)
{
        char text[LINE_SIZE + 32];

        if (!room_set_topic(member->room, argument[0] ? argument : NULL)) {
                member_say(member, "* there is no memory for a topic\n");
                return;
        }
        if (argument[0])
                snprintf(text, sizeof(text), "the topic is now: %s", argument);
        else
                snprintf(text, sizeof(text), "there is no topic any more");
        room_broadcast(member->room, "", text);
}

static void tell_version(struct member *member, const char *argument)
{
        (void)argument;
        member_say(member, "* chat v%u, %zu members, %zu rooms\n", release.version,
                   member->server->member_count, member->server->room_count);
}

static void quit(struct member *member, const char *argument)
{
        (void)argument;
        member_say(member, "* bye\n");
        member_leave(member);
}

static void help(struct member *member, const char *argument);

static const struct command {
        const char *name;
        const char *help;
        void (*run)(struct member *member, const char *argument);
        unsigned int since; /* release */
} commands[] = {
        {"nick", "/nick NAME   be called NAME", change_nick, 1},
        {"join", "/join ROOM   go to another room", join_room, 1},
        {"who", "/who         who is in this room", list_members, 1},
        {"last", "/last        what was said last", list_messages, 1},
        {"topic", "/topic TEXT  what this room is about", set_topic, 3},
        {"version", "/version     which release answers", tell_version, 1},
        {"help", "/help        this list", help, 1},
        {"quit", "/quit        leave", quit, 1},
};

static const size_t command_count = sizeof(commands) / sizeof(commands[0]);

static void help(struct member *member, const char *argument)
{
        (void)argument;
        for (size_t i = 0; i < command_count; i++)
                if (commands[i].since <= release.version)
                        member_say(member, "- %s\n", commands[i].help);
}

void command_run(struct member *member, char *line)
{
        char *argument;

        if (line[0] != '/') {
                if (line[0])
                        room_broadcast(member->room, member->nick, line);
                return;
        }
        argument = line + strcspn(line, " ");
        if (*argument)
                *argument++ = '\0';
        for (size_t i = 0; i < command_count; i++) {
                if (strcmp(commands[i].name, line + 1) == 0 &&
                    commands[i].since <= release.version) {
                        commands[i].run(member, argument);
                        return;
                }
        }
        member_say(member, "* there is no %s; /help lists the commands\n", line);
}
