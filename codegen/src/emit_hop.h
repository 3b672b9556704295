/* SPDX-License-Identifier: MIT */
/*
 * A hop in C: P_vN_to_vM.hop.h, P_vN_to_vM.hop.c, and P_vN_to_vM.scaffold.c, which the user fills
 * in. What the hop does was decided by the comparison; here it is only written down.
 */
#pragma once

#include "compare.h"
#include "emit.h"

/** What the files and their functions begin with: "counter_v1_to_v2". */
const char *ek_hop_name(const struct ek_comparison *comparison);

/** The two files of the hop. Nothing of the comparison is broken. */
void ek_emit_hop_header(struct ek_text *out, const struct ek_comparison *comparison);
void ek_emit_hop_source(struct ek_text *out, const struct ek_comparison *comparison);

/** The file with the functions that the hop needs, for the user to fill in. */
void ek_emit_scaffold(struct ek_text *out, const struct ek_comparison *comparison);
