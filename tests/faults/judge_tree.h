/* SPDX-License-Identifier: MIT */
/* What must hold of a tree, two processes, after a fault that struck the child or the tool. */
#pragma once

#include "judge.h"

struct tree_scene {
        const struct fault_case *fault_case;
        const struct clean *clean;
        struct tree_member {
                struct answer before, after; /* `after` only where it answers */
                bool answers;
                unsigned int asked, unanswered; /* how often it was, since `before` */
        } members[MEMBERS];
        struct told told;
        size_t processes;
};

/** How many of them answer. */
size_t tree_answering(const struct tree_scene *scene);

/** What the tool has said of it; its event is "" where that is nothing. */
const struct told_end *tree_end(const struct tree_scene *scene, enum member member);

extern const char *const member_names[MEMBERS];

void judge_tree(struct stage *stage, struct tree_scene *scene, struct judgement *judgement);
