/* SPDX-License-Identifier: MIT */
/*
 * The second release: a count of restarts for each seat.
 */
#include "release.h"

#include "prefork_v1_to_v2.hop.h"
#include "prefork_v2.native.h"

const char release_name[] = "v2";

int release_start(int argc, char **argv, struct ekiden_error *error)
{
        ekiden_add_hop(&prefork_v1_to_v2);
        return ekiden_start(argc, argv, &prefork_v2, error);
}

int release_tag_master(struct master *master)
{
        return prefork_v2_tag_master(master);
}

static struct client *next_client(struct client *previous, struct ekiden_cursor *cursor, void *data)
{
        const struct clients *clients = data;

        (void)cursor;
        return previous ? previous->next : clients->first;
}

static int insert_client(struct client *client, struct ekiden_cursor *cursor, void *data)
{
        struct clients *clients = data;

        if (client->connection < 0 || clients->count == CLIENTS_MAX)
                return ekiden_cursor_refuse(cursor, "the client has no connection, or is too many");
        clients_add(clients, client);
        return 0;
}

static const struct prefork_v2_clients_functions client_functions = {
        .next = next_client,
        .insert = insert_client,
};

int release_tag_worker(struct worker *worker, struct clients *clients)
{
        int r = prefork_v2_tag_worker(worker);

        return r < 0 ? r : prefork_v2_tag_clients(&client_functions, clients);
}

size_t release_seat_count(const struct master *master)
{
        return master->seat_count;
}

void release_set_seat_count(struct master *master, size_t count)
{
        master->seat_count = count;
}

pid_t *release_seat(struct master *master, size_t seat)
{
        return &master->seats[seat].worker;
}

uint32_t release_count_restart(struct master *master, size_t seat)
{
        return ++master->seats[seat].restarts;
}
