/* SPDX-License-Identifier: MIT */
/*
 * A scene: a directory for control sockets, a process "chat" that the test plays, and the tool that
 * speaks to it. Everything that waits has a deadline.
 */
#pragma once

#include <ekiden/error.h>

#include "ekiden/control.pb-c.h"
#include "tool.h"
#include "wire/link.h"

struct scene {
        int listener;
        struct ek_link *link; /* with the tool */
        Ekiden__Request *request;
        struct tool tool;
        uint64_t objects; /* that COMMITTED tells of; 0: none */
        Ekiden__Verdict verdict; /* of "members", in REHEARSED; 0: none */
        const char *reason; /* that comes with it; NULL: none */
        int given; /* that came ahead of the request; 0: none did */
        pid_t other; /* the process whose name is on the socket, when it is not the test itself */
};

/** Makes the directory, empty, and EKIDEN_RUNTIME_DIR its path. A fixture's. */
void scene_directory_make(void);
void scene_directory_remove(void);

/** The directory's path. */
const char *scene_directory(void);

/** Listens as PROGRAM.PID; the descriptor is the caller's. */
int scene_listen(const char *program, pid_t pid);

/** As that, with a socket of a type (SOCK_DGRAM: that nobody can connect to as a stream). */
int scene_listen_by(const char *program, pid_t pid, int type);

/** A process that does nothing; scene_process_end() ends and reaps it. */
pid_t scene_process_start(void);
void scene_process_end(pid_t pid);

/** Accepts the tool's connection and receives its request. */
void scene_accept(struct scene *scene);

/** Listens as "chat" with the test's own PID, and starts the tool: it upgrades chat. */
void scene_start(struct scene *scene, const char *const *arguments);

/** The most usual case: `ekiden-upgrade chat ./chat-v2`. */
void scene_start_upgrade(struct scene *scene);

/** As scene_start_upgrade(), for another process than the test, whose end can be played. */
void scene_start_upgrade_of_other(struct scene *scene);

/** Sends an event. */
void scene_send(struct scene *scene, const Ekiden__Event *event);

void scene_send_seen(struct scene *scene);
void scene_send_phase(struct scene *scene, enum ekiden_phase phase);

/** SEEN, and all phases up to this one. */
void scene_send_until(struct scene *scene, enum ekiden_phase phase);

void scene_send_progress(struct scene *scene, const char *item, uint64_t item_records,
                         uint64_t item_count, uint64_t records);
void scene_send_committed(struct scene *scene);
/** REHEARSED with two items: `name`, which took half of the pause, and "bans", which begins afresh.
 */
void scene_send_rehearsed(struct scene *scene, const char *name, uint64_t pause_us);
void scene_send_failed(struct scene *scene, int code, const char *sentence);

/** The tool asks the test, which listens there, who served before it: this process. */
void scene_answer_as_successor(int listener, pid_t predecessor);

/** Closes the process's end of the connection. */
void scene_close(struct scene *scene);

/** Waits until the tool has closed its end, or half of it. */
void scene_expect_closed(struct scene *scene);

/** Waits for the tool, and expects this exit status. */
void scene_expect_exit(struct scene *scene, int exit_status);

void scene_deinit(struct scene *scene);

#define FOR_EACH_PHASE_UNTIL(phase, last)                                  \
        for (enum ekiden_phase phase = EKIDEN_PHASE_NONE; phase <= (last); \
             phase = (enum ekiden_phase)(phase + 1))
