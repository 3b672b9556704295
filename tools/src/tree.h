/* SPDX-License-Identifier: MIT */
/*
 * All processes of a program that were forked from one another, upgraded one after the other in the
 * order of their roles, or several at once. Each upgrade is one of its own: a failure leaves that
 * process as it was, and takes nothing back from the others.
 */
#pragma once

#include "running_file.h"
#include "tree_attempt.h"

#define TREE_ROUNDS_MAX 10 /* of looking for processes that were born meanwhile */
#define TREE_FILES_MAX 8 /* that the new version's processes run; one, unless it is a script */

enum member_state {
        MEMBER_WAITING,
        MEMBER_UNDER_WAY,
        MEMBER_SUCCEEDED, /* upgraded, or the rehearsal went well */
        MEMBER_ENDED, /* by itself, before or in its upgrade */
        MEMBER_SKIPPED, /* it runs the new binary already */
        MEMBER_FAILED,
        MEMBER_UNTRIED, /* as another one had failed, or the operator called it off */
};
#define MEMBER_STATES (MEMBER_UNTRIED + 1)

struct member {
        pid_t pid;
        char role[EKIDEN_NAME_MAX + 1]; /* "": it did not say */
        uint32_t place; /* of the role; lowest first */
        enum member_state state;
        enum ekiden_phase phase; /* while it is under way */
        struct tree_attempt attempt;
        pid_t asked_pid; /* its own; after --wait its successor's; or who serves on in its place */
        pid_t successor_pid; /* once it is upgraded; its own where that is kept */
};

struct tree {
        const struct options *options;
        struct show *show;
        const struct tree_show *way;
        char program[EKIDEN_NAME_MAX + 1];
        uint64_t number; /* which tree; 0: not decided yet */
        struct member *members;
        size_t count, capacity;
        struct running_file binary;
        struct running_file files[TREE_FILES_MAX]; /* of successors, all different */
        size_t file_count;
        int interrupt;
        int signal_number; /* the last one that called it off; 0: none did */
        bool stops; /* no further upgrade begins */
        unsigned int rounds;
        uint64_t started_ns, total_us, longest_pause_us;
        struct ekiden_error error; /* of the first failure, or what stopped all */
        struct upgrade failed; /* which that was; pid 0: none, but its next step counts */
};

/* How a tree's upgrade is shown. */
struct tree_show {
        void (*begin)(struct tree *tree);
        /* A report of an upgrade that goes on. */
        void (*event)(struct tree *tree, const struct member *member, const struct report *report);
        /* The member's state is that of its end; `upgrade` and `error` are of its attempt. */
        void (*finished)(struct tree *tree, const struct member *member,
                         const struct upgrade *upgrade, const struct ekiden_error *error);
        /* Something about the whole, or about a process that is no member. */
        void (*notice)(struct tree *tree, pid_t pid, const char *sentence);
        void (*tick)(struct tree *tree); /* ten times a second; NULL: nothing changes by itself */
        void (*end)(struct tree *tree);
};

extern const struct tree_show tree_show_as_text;
extern const struct tree_show tree_show_as_json;

/** How many members are in this state. */
size_t tree_count(const struct tree *tree, enum member_state state);

/** What the operator can do after a failure, as the end of a sentence. */
const char *tree_next_step(const struct tree *tree, char *ret_text, size_t size_bytes);

/**
 * Upgrades all that options->target names, if it is one tree, and shows all of it.
 *
 * @return the exit status: 0, that of the first failure, or of EAMBIGUOUS where there are several
 * trees
 */
int command_tree(const struct options *options, struct show *show);
