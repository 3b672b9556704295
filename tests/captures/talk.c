/* SPDX-License-Identifier: MIT */
/* See talk.h. */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 1024

static bool is_dashes(const char *line)
{
        return strncmp(line, "----", 4) == 0;
}

static bool fail(struct talk *talk, const char *line, const char *why)
{
        snprintf(talk->failure, sizeof(talk->failure), "\"%s\": %s", line, why);
        return false;
}

static bool listen_for(struct talk *talk, struct client *client, const char *line, const char *part)
{
        char last[CLIENT_LINE_SIZE] = "";

        if (client_await(client, part, last))
                return true;
        snprintf(talk->failure, sizeof(talk->failure),
                 "\"%s\": it did not come; the last was \"%s\"", line, last);
        return false;
}

static bool say(struct talk *talk, struct client *client, const char *line, const char *rest)
{
        char text[LINE_SIZE + 1];

        if (rest[0] == '>')
                snprintf(text, sizeof(text), "%s", rest + 2);
        else
                snprintf(text, sizeof(text), "%s\n", rest + 1);
        return client_send(client, text) || fail(talk, line, "the connection is gone");
}

static bool step(struct talk *talk, const char *line)
{
        char *rest;
        unsigned long number = strtoul(line, &rest, 10);
        struct client *client = &talk->clients[number];

        if (number < 1 || number > TALKERS_MAX)
                return fail(talk, line, "there is no such client");
        if (rest[0] == '!')
                return client_connect(client, talk->port) || fail(talk, line, "nobody listens");
        if (rest[0] == '>')
                return say(talk, client, line, rest + 1);
        if (rest[0] == '<')
                return listen_for(talk, client, line, rest + 2);
        return fail(talk, line, "it is not a step");
}

bool talk_on(struct talk *talk, FILE *file)
{
        char line[LINE_SIZE];

        while (fgets(line, sizeof(line), file) && !is_dashes(line)) {
                line[strcspn(line, "\n")] = '\0';
                if (line[0] != '\0' && line[0] != '#' && !step(talk, line))
                        return false;
        }
        return true;
}

void talk_skip(FILE *file)
{
        char line[LINE_SIZE];

        while (fgets(line, sizeof(line), file) && !is_dashes(line))
                ;
}
