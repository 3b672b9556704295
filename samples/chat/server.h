/* SPDX-License-Identifier: MIT */
/*
 * The server: its listener, and the lists that everything is in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

struct member;
struct room;

struct server {
        uv_loop_t *loop;
        int listener; /* -1 before server_listen() */
        uint64_t next_member;
        TAILQ_HEAD(, room) rooms;
        TAILQ_HEAD(, member) members;
        TAILQ_HEAD(, member) doomed;
        size_t room_count, member_count;
        uv_poll_t poll;
        uv_timer_t rest; /* runs while `poll` does not, for accepting failed */
        bool resting; /* accepting failed the last time */
};

void server_init(struct server *server, uv_loop_t *loop);

/**
 * Listens on 127.0.0.1 and prints where.
 *
 * @param port  in decimal; "0": the system chooses one
 * @return 0 or -errno
 */
int server_listen(struct server *server, const char *port);

/** Begins to accept connections. Returns 0 or a negative error of libuv. */
int server_watch(struct server *server);

/**
 * Waits for something to happen and attends to it; closes the connections of those who were given
 * up on the way. False: nothing can happen any more.
 */
bool server_run(struct server *server);
