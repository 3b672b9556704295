/* SPDX-License-Identifier: MIT */
/* What must hold after a fault, whichever it was. */
#pragma once

#include "play.h"

struct scene {
        const struct fault_case *fault_case;
        const struct clean *clean;
        const char *event; /* the last one of the scenario, where nothing fails */
        struct answer before, after; /* `after` only where somebody answers */
        bool answers;
        unsigned int asked, unanswered; /* how often it was, since `before` */
        struct told told;
        size_t processes;
        pid_t one; /* of them */
};

enum { OLD = 1, NEW = 2, NOBODY = 4 };

struct judgement {
        bool serves; /* a process does */
        bool is_doubtful; /* its memory may be another's: there is no word on what it has */
        unsigned int faults;
        char *why;
        size_t size;
};

/** Another thing that is not as it must be. */
void judge_add(struct judgement *judgement, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** Whether there is no upgrade without this frame. */
bool judge_is_needed(unsigned int place);

/** Whether a program must expect it of the calls that it makes. */
bool judge_is_harmless(const struct fault_case *fault_case);

/** The socket of a process that was killed is removed by the tool that next finds it. */
bool judge_may_leave_socket(const struct fault_case *fault_case);

void judge(struct stage *stage, struct scene *scene, struct judgement *judgement);
