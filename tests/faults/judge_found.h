/* SPDX-License-Identifier: MIT */
/* What must hold of a successor that finds its predecessor itself, beside all that judge.h has. */
#pragma once

#include "judge.h"

/** Whether no successor that was struck so may come to serve. */
bool found_is_fatal(const struct stage *stage, const struct fault_case *fault_case);

/** Who has started it hears the truth: it serves, or ends with a status and a sentence. */
void judge_found(const struct stage *stage, const struct scene *scene, int who,
                 struct judgement *judgement);
