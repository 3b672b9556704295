/* SPDX-License-Identifier: MIT */
/*
 * Where a case plays: a directory, the subject as a service in it, the plan that is shared with its
 * processes, the operator's tool. All processes are descendants of the calling process, which is
 * their subreaper. No call here waits for longer than some seconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

struct stage {
        char directory[64]; /* has the plan, what the tool says and the service's listener, of
                               no other stage; "run" in it has the sockets, "out" snapshots */
        struct plan *plan;
        uint64_t struck_ns; /* when it was seen that the fault has struck; 0: it has not */
        unsigned int stop_ms; /* after which a stopped process is continued */
        bool is_continued;
        bool is_found; /* no predecessor can be relied upon to end a successor that is stopped */
        bool is_refused; /* the child has been told that it has no role */
        size_t wanted; /* processes that are left when all is over: one, or two with a child */
        char failure[256]; /* why something of the stage itself has failed, or "" */
};

/* What the subject answers. */
struct answer {
        pid_t pid;
        int version, descriptors;
        unsigned long long asked, sum;
        size_t heap_bytes;
};

/* The processes of a tree. */
enum member { MEMBER_MAIN, MEMBER_CHILD, MEMBERS };

#define TOLD_ENDS_MAX 4

enum serves_on { SERVES_ON_UNKNOWN, SERVES_ON_NO, SERVES_ON_YES };

/* What the tool has said, by its last line. */
struct told {
        bool is_over; /* it ended by itself */
        int status; /* its exit status; -N: signal N ended it */
        char event[24], error[32], phase[16], sentence[512];
        int claimed_status; /* "exit_status" of the event */
        enum serves_on serves_on;
        char complaint[256]; /* the first line on its standard error */
        /* What it has said of each process that it upgraded, or left. */
        struct told_end {
                pid_t pid;
                char event[24];
                enum serves_on serves_on;
        } ends[TOLD_ENDS_MAX];
        size_t end_count;
};

/** Starts the subject's first version, with a child or without. false: see `failure`. */
bool stage_open(struct stage *stage, unsigned int deadline_ms, bool has_child);

struct fault_case;

/** As stage_open(), with a child, which the fault may strike already. One that is killed by it is
   no failure. */
bool stage_open_armed(struct stage *stage, unsigned int deadline_ms,
                      const struct fault_case *fault_case);

/** Ends all of its processes, whatever they are, and removes its directory. */
void stage_close(struct stage *stage);

/** Runs the tool, with --json and these arguments, up to NULL. false: it could not be started. */
bool stage_run_tool(struct stage *stage, const char *const arguments[], struct told *ret_told);

/**
 * Starts a successor as a supervisor would, with no word of a handover: it looks for its
 * predecessor itself. Waits until one of the two has ended, and tells of the successor as of a
 * tool: event "committed" or "failed", its exit status, what it has said. false: it could not be
 * started.
 */
bool stage_find(struct stage *stage, const char *binary, pid_t predecessor, struct told *ret_told);

/* For stage.c's siblings. */

/** Starts a process with these as its output and errors: its PID; -1 and errno. */
pid_t stage_start(const char *const arguments[], int output, int errors);

/** An empty file of the stage's for what is said; -1 and errno. */
int stage_output(const struct stage *stage, const char *name);

/** What is due by now: a stopped process is continued. Whether the fault is still at work. */
bool stage_attend(struct stage *stage);

/** The processes that live, or are dead and not reaped: their number, and one of them. */
size_t stage_processes(pid_t *ret_one);

/** Has a process start from a file in "out": its exit status, 0 where it could; -1: it has none. */
int stage_restore(struct stage *stage, const char *name);

/** Asks the service; false: nobody answers within a second or two. */
bool stage_ask(const struct stage *stage, struct answer *ret_answer);

/** As stage_ask(), one of a tree. */
bool stage_ask_member(const struct stage *stage, enum member member, struct answer *ret_answer);

/** As stage_ask_member(), and makes its deadlines long. */
bool stage_calm_member(const struct stage *stage, enum member member, struct answer *ret_answer);

/** As stage_ask(), and makes its deadlines long. */
bool stage_calm(const struct stage *stage, struct answer *ret_answer);

/** Whether somebody holds its listener. */
bool stage_has_listener(const struct stage *stage);

/** Waits until what the fault does is over and no more than the wanted processes are left: how many
    are. */
size_t stage_settle(struct stage *stage);

/** Files in the directory of the control sockets; whether one is the socket of `pid`. */
size_t stage_sockets(const struct stage *stage, pid_t pid, bool *ret_has_its);

/** Files in the directory for snapshots; of what size the one of that name is, or -1. */
size_t stage_snapshots(const struct stage *stage, const char *name, long *ret_size_bytes);

void stage_nap(unsigned int milliseconds);
