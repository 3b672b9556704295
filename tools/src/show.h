/* SPDX-License-Identifier: MIT */
/*
 * How an upgrade is shown while it happens: on a terminal, as lines, as JSON, or not at all. Each
 * way is a table of functions; one that is NULL shows nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "terminal.h"
#include "upgrade.h"

struct json_object;
struct show;
struct rehearsals;

struct show_functions {
        void (*seen)(struct show *show, const struct upgrade *upgrade);
        void (*phase)(struct show *show, const struct upgrade *upgrade);
        void (*ahead)(struct show *show, const struct upgrade *upgrade);
        void (*progress)(struct show *show, const struct upgrade *upgrade);
        void (*tick)(struct show *show, const struct upgrade *upgrade);
        void (*notice)(struct show *show, const struct upgrade *upgrade, const char *sentence);
        void (*committed)(struct show *show, const struct upgrade *upgrade);
        /* Of an upgrade that somebody else asked for: there is none; or it was called off, or
           failed by itself at the same time, for this reason. */
        void (*idle)(struct show *show, const struct upgrade *upgrade);
        void (*cancelled)(struct show *show, const struct upgrade *upgrade,
                          const struct ekiden_error *error);
        void (*rehearsed)(struct show *show, const struct upgrade *upgrade);
        /* One of several, of which nothing else is shown; and the end of the last one. */
        void (*rehearsed_again)(struct show *show, const struct upgrade *upgrade,
                                const struct rehearsals *rehearsals);
        void (*rehearsals)(struct show *show, const struct rehearsals *rehearsals);
        /* `target` is what the operator typed, or NULL; upgrade->pid is 0 when it was not found. */
        void (*failed)(struct show *show, const struct upgrade *upgrade, const char *target,
                       const struct ekiden_error *error);
        int tick_ms; /* how often tick() is to be called while nothing happens; 0: never */
};

extern const struct show_functions show_on_terminal;
extern const struct show_functions show_as_lines;
extern const struct show_functions show_as_json;
extern const struct show_functions show_errors_only;

struct show {
        const struct show_functions *functions;
        struct terminal terminal;
        bool is_one_of_several; /* a rehearsal, of which only the end is shown */

        /* For people: the line of the phase that lasts, which a terminal redraws. */
        enum ekiden_phase phase; /* it tells of this one, which began … */
        uint64_t phase_us; /* … at this time of the process's clock … */
        uint64_t phase_ns; /* … and of ours */
        uint64_t drawn_ns; /* when it was last drawn */
        char item[EKIDEN_NAME_MAX + 1];
        uint64_t item_ns; /* when the first records of this item were told of */
};

void show_init(struct show *show, const struct options *options);

void show_seen(struct show *show, const struct upgrade *upgrade);
void show_phase(struct show *show, const struct upgrade *upgrade);
void show_ahead(struct show *show, const struct upgrade *upgrade);
void show_progress(struct show *show, const struct upgrade *upgrade);
void show_tick(struct show *show, const struct upgrade *upgrade);
void show_notice(struct show *show, const struct upgrade *upgrade, const char *sentence);
void show_committed(struct show *show, const struct upgrade *upgrade);
void show_idle(struct show *show, const struct upgrade *upgrade);
void show_cancelled(struct show *show, const struct upgrade *upgrade,
                    const struct ekiden_error *error);
void show_rehearsed(struct show *show, const struct upgrade *upgrade);
void show_rehearsed_again(struct show *show, const struct upgrade *upgrade,
                          const struct rehearsals *rehearsals);
void show_rehearsals(struct show *show, const struct rehearsals *rehearsals);
void show_failed(struct show *show, const struct upgrade *upgrade, const char *target,
                 const struct ekiden_error *error);

/** How long to wait at most before show_tick(); -1: as long as one likes. */
int show_tick_ms(const struct show *show);

/** A failure, for people: failed() of all ways but JSON. */
void show_failure_on_stderr(struct show *show, const struct upgrade *upgrade, const char *target,
                            const struct ekiden_error *error);

/** The last line of one that somebody else asked for, for people. */
void show_no_upgrade(struct show *show, const struct upgrade *upgrade);
void show_called_off(struct show *show, const struct upgrade *upgrade,
                     const struct ekiden_error *error);
/** "chat: v1 (pid 4711) → v2 (pid 4712)", for people, with or without the new process's PID.
 * Returns its columns. */
size_t show_versions(const struct show *show, const struct upgrade *upgrade, bool with_successor);

/** What was sent ahead, and what was not, for people: lines that follow others. */
void show_ahead_report(const struct show *show, const struct upgrade *upgrade);

/** Whether there was room before the pause for what crossed in it: likewise. */
void show_room_report(const struct show *show, const struct upgrade *upgrade);

/** What else there is to say of a successful upgrade, for people: lines that follow others. */
void show_summary_details(const struct show *show, const struct upgrade *upgrade);

/** The line at the end of a successful upgrade, for people. */
void show_summary(const struct show *show, const struct upgrade *upgrade);

/** What all events of an upgrade have, for programs: to be added to, and given to json_print(). */
struct json_object *show_json_event(const char *event, const struct upgrade *upgrade);
