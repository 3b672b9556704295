/* SPDX-License-Identifier: MIT */
/*
 * One upgrade as the tool follows it: asks, listens, and calls it off when the operator or the
 * clock says so. What is known of it is in struct upgrade, which show.h makes visible.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "find.h"
#include "options.h"

#define ITEMS_MAX 65536 /* of a handover; a process that tells of more lies */

#define NEXT_STEP_SIZE 384 /* bytes */

struct show;

/* A figure that a process may have told. */
struct figure {
        bool known;
        uint64_t value;
};

/* Whether what the new version has is what it was given. */
enum verdict {
        VERDICT_NONE = 0, /* nobody asked, or nothing came */
        VERDICT_SAME,
        VERDICT_SAME_IN_PART,
        VERDICT_NOT_COMPARED,
        VERDICT_SAME_AS_GIVEN, /* but the way back to the old version is not known */
};

#define VERDICT_REASON_SIZE 256 /* bytes */

/* What became of one item in the new version, in a rehearsal or a verification. */
struct item_account {
        char name[EKIDEN_NAME_MAX + 1];
        struct figure records, objects, bytes, descriptors; /* unknown: it begins afresh */
        struct figure transformed, duration_us;
        enum verdict verdict;
        char reason[VERDICT_REASON_SIZE]; /* what was not compared, and why */
};

#define AHEAD_MAX 16 /* of a handover's items */
#define AHEAD_REASON_SIZE 256 /* bytes */

/* What became of one item that was to be sent ahead. */
struct ahead_account {
        char name[EKIDEN_NAME_MAX + 1];
        struct figure rounds, records, rest; /* unknown: it crossed in the pause, … */
        char reason[AHEAD_REASON_SIZE]; /* … and why */
        bool outrun; /* it changed faster than it was sent */
};

/* Whether there was room before the pause for an item that crossed in it. */
struct room_account {
        char name[EKIDEN_NAME_MAX + 1];
        struct figure records; /* for so many; unknown: for none, … */
        char reason[AHEAD_REASON_SIZE]; /* … and why */
};

/* What the operator asked for. */
enum undertaking {
        UNDERTAKING_UPGRADE, /* or its rehearsal */
        UNDERTAKING_SNAPSHOT,
        UNDERTAKING_QUESTION, /* nothing that the program could be the worse for */
};

/* What became of the running program after a failure. */
enum aftermath {
        AFTERMATH_SERVES_ON,
        AFTERMATH_ENDED,
        AFTERMATH_UNKNOWN,
        AFTERMATH_UPGRADED, /* and should not have been */
};

struct upgrade {
        char program[EKIDEN_NAME_MAX + 1];
        pid_t pid; /* of the predecessor; 0: not found yet */
        pid_t serving_pid; /* who serves on after a failure, as that was told; 0: nobody said */
        char role[EKIDEN_NAME_MAX + 1]; /* of it; "": not known */

        enum undertaking undertaking;
        bool queued; /* another upgrade is under way, and this one waits for its end */
        bool rehearse, verify; /* what was asked for */
        bool keeps_pid; /* the process says that its successor will run under its PID */
        bool seen; /* an update point has seen the request */
        enum ekiden_phase phase; /* REQUEST until the process says more */
        uint64_t started_ns; /* when the request was sent, by ek_now_ns() */
        uint64_t total_us; /* from then until COMMITTED or FAILED was there */
        struct figure elapsed_us; /* since the process saw the request, at its last event */

        struct figure from_version, to_version, successor_pid, pause_us;
        struct figure
                unrehearsed_us; /* of a rehearsal's pause: foretold, since the PID will be kept */
        struct figure records, objects, bytes, descriptors; /* over all items */
        struct figure item_records, item_count; /* of the one in transfer; count: announced */
        struct figure round, rest; /* of the one that is sent ahead */
        char item[EKIDEN_NAME_MAX + 1];
        char update_point[EKIDEN_NAME_MAX + 1];
        char left_behind[1024]; /* items that the new version did not ask for, ", " between them */
        struct figure peak_bytes; /* of the new version's memory */
        struct item_account *accounts; /* of its items, in the order of its tag calls */
        size_t account_count;
        struct ahead_account ahead[AHEAD_MAX];
        size_t ahead_count;
        struct room_account rooms[AHEAD_MAX];
        size_t room_count;

        bool called_off; /* this side closed; valid with an error */
        enum aftermath aftermath; /* valid with an error */
        bool others_serve; /* it has ended, as one of several, and others of the program have not */
        char next_step[NEXT_STEP_SIZE]; /* what is known to help; "": as the error says */
};

/**
 * Finds a process and upgrades it, or rehearses that; shows how it goes, but not how it ends.
 *
 * @param target       a program's name or a PID
 * @param ret_upgrade  filled in any case; upgrade_deinit()
 * @return 0 or an error, with its phase
 */
int upgrade_attempt(const struct options *options, const char *target, struct show *show,
                    struct upgrade *ret_upgrade, struct ekiden_error *error);

void upgrade_deinit(struct upgrade *upgrade);

/** Who serves on after a failure before the commit: the predecessor, unless upgrade_lost_pid(). */
pid_t upgrade_serving_pid(const struct upgrade *upgrade);

/** Whether a PID that was to be kept is lost, and a process of another PID serves on in its place.
 */
bool upgrade_lost_pid(const struct upgrade *upgrade);

/** Makes an attempt and shows all of it. Returns the exit status. */
int command_upgrade(const struct options *options, struct show *show);
