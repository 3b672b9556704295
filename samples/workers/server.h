/* SPDX-License-Identifier: MIT */
/* The main thread's part: it talks with the clients, through epoll. */
#pragma once

#include "client.h"
#include "pool.h"

struct server {
        int listener;
        int epoll; /* of this process: what it has registered are pointers */
        uint64_t next_id; /* of clients and jobs */
        struct client *clients;
        struct pool pool;
};

/** Waits for all that it has to be told of. False: the system does not let it. */
bool server_watch(struct server *server);

/** Waits until something happens, and does what is to be done; a signal ends the wait. */
void server_run(struct server *server);

/** Takes a client in. */
void server_add(struct server *server, struct client *client);

struct client *server_find(struct server *server, uint64_t id);
