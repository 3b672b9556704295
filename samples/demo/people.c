/* SPDX-License-Identifier: MIT */
/*
 * The crowd checks every byte; these two are there to be looked at. Only the room's sequence
 * numbers are checked.
 */
#include "people.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static const char *const names[] = {"ann", "bob"};

struct people {
        struct client clients[2];
        uint64_t sequence[2];
        unsigned int faults;
        bool is_typing; /* Enter was not pressed yet */
};

static bool enter(struct people *people, enum person person, unsigned int port)
{
        struct client *client = &people->clients[person];
        char text[64], line[CLIENT_LINE_SIZE];

        snprintf(text, sizeof(text), "/nick %s\n/join kitchen\n", names[person]);
        if (!client_connect(client, port) || !client_send(client, text))
                return false;
        snprintf(text, sizeof(text), "* %s joined", names[person]);
        return client_await(client, text, line) &&
               sscanf(line, "#%" SCNu64, &people->sequence[person]) == 1;
}

struct people *people_new(unsigned int port)
{
        struct people *people = calloc(1, sizeof(*people));

        if (!people)
                return NULL;
        people->clients[ANN].connection = people->clients[BOB].connection = -1;
        if (!enter(people, ANN, port) || !enter(people, BOB, port))
                return people_free(people);
        return people;
}

struct people *people_free(struct people *people)
{
        if (!people)
                return NULL;
        client_close(&people->clients[ANN]);
        client_close(&people->clients[BOB]);
        free(people);
        return NULL;
}

void people_type(struct people *people, enum person person, const char *text)
{
        size_t length = strcspn(text, "\n");

        printf("    %s %s  %.*s%s\n", names[person], people->is_typing ? "goes on" : "types  ",
               (int)length, text, text[length] ? "" : " …");
        people->is_typing = text[length] == '\0';
        if (!client_send(&people->clients[person], text))
                people->faults++;
}

static void see(struct people *people, enum person person, const char *line)
{
        uint64_t sequence;

        if (sscanf(line, "#%" SCNu64, &sequence) == 1) {
                if (sequence != people->sequence[person] + 1)
                        people->faults++;
                people->sequence[person] = sequence;
        }
        if (person == BOB)
                printf("    bob reads    %s\n", line);
}

void people_look(struct people *people)
{
        char line[CLIENT_LINE_SIZE];

        for (enum person person = ANN; person <= BOB; person++)
                while (client_receive(&people->clients[person], line, 0))
                        see(people, person, line);
}

unsigned int people_faults(const struct people *people)
{
        return people->faults + (people->sequence[ANN] != people->sequence[BOB]);
}
