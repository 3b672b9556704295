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

void judge(struct stage *stage, struct scene *scene, struct judgement *judgement);
