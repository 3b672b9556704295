/* SPDX-License-Identifier: MIT */
/* See case.h. */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ekiden/handover.pb-c.h"

#define TRIES_MAX 40 /* of one call */
#define LATE_TRIES 6 /* of the last ones */

static const struct {
        const char *name;
        int suffers, errors[2];
} calls[CALLS] = {
#define CALL_ENTRY(name, suffers, error, other) [CALL_##name] = {#name, suffers, {error, other}},
        FAULTS_CALLS(CALL_ENTRY)
#undef CALL_ENTRY
};

const char *const role_names[ROLES] = {"predecessor", "successor",       "tool",  "returned",
                                       "child",       "child-successor", "forked"};
const char *const fault_names[FAULTS] = {
        [FAULT_NONE] = "none",   [FAULT_FAIL] = "fail",       [FAULT_EINTR] = "eintr",
        [FAULT_SHORT] = "short", [FAULT_HANG] = "hang",       [FAULT_KILL] = "kill",
        [FAULT_STOP] = "stop",   [FAULT_LOST] = "lost",       [FAULT_DELAYED] = "delayed",
        [FAULT_CUT] = "cut",     [FAULT_FLIPPED] = "flipped", [FAULT_FORGED] = "forged",
};
const char *const scenario_names[SCENARIOS] = {"good",     "refused",  "late", "rehearsed",
                                               "verified", "snapshot", "kept", "returned",
                                               "here",     "found",    "tree", "forked"};

static const char *place_name(unsigned int place, char scratch[48])
{
        const ProtobufCEnumValue *value;

        if (place < CALLS)
                return calls[place].name;
        value = protobuf_c_enum_descriptor_get_value(&ekiden__frame_kind__descriptor,
                                                     (int)(place - FRAME_FIRST));
        snprintf(scratch, 48, "frame-%s", value ? value->name : "?");
        return scratch;
}

/* Where an error has no name here, its number will do: those of glob() are none of errno's. */
static const char *error_name(int error, char scratch[16])
{
        const char *name = strerrorname_np(error);

        if (name)
                return name;
        snprintf(scratch, 16, "%d", error);
        return scratch;
}

void case_name(const struct fault_case *c, char ret_name[CASE_NAME_MAX])
{
        char place[48], error[16];

        snprintf(ret_name, CASE_NAME_MAX, "%s:%s:%s:%u:%s", scenario_names[c->scenario],
                 role_names[c->role], place_name(c->place, place), c->count,
                 c->fault == FAULT_FAIL ? error_name(c->error, error) : fault_names[c->fault]);
}

bool case_is_waited_out(const struct fault_case *c)
{
        return c->fault == FAULT_HANG || c->fault == FAULT_STOP || c->fault == FAULT_LOST ||
               c->scenario == SCENARIO_LATE;
}

struct list {
        struct fault_case *cases;
        size_t count, capacity;
};

static void append(struct list *list, struct fault_case fault_case)
{
        if (list->count == list->capacity) {
                list->capacity = list->capacity > 0 ? list->capacity * 2 : 1024;
                list->cases = reallocarray(list->cases, list->capacity, sizeof(*list->cases));
                if (!list->cases)
                        abort();
        }
        list->cases[list->count++] = fault_case;
}

/* Only a snapshot's records have more than a frame's checksum to be known by. */
static bool has_digest(const struct fault_case *c)
{
        return c->scenario == SCENARIO_SNAPSHOT &&
               (c->place == FRAME_FIRST + EKIDEN__FRAME_KIND__BATCH ||
                c->place == FRAME_FIRST + EKIDEN__FRAME_KIND__OBJECTS);
}

static void append_frame(struct list *list, struct fault_case fault_case)
{
        for (fault_case.fault = FAULT_LOST; fault_case.fault <= FAULT_FORGED; fault_case.fault++)
                if (fault_case.fault != FAULT_FORGED || has_digest(&fault_case))
                        append(list, fault_case);
}

static void append_call(struct list *list, struct fault_case fault_case)
{
        int suffers = calls[fault_case.place].suffers;

        fault_case.fault = FAULT_FAIL;
        for (int i = 0; i < 2 && suffers & SUFFERS_FAILURE; i++) {
                fault_case.error = calls[fault_case.place].errors[i];
                if (fault_case.error != 0)
                        append(list, fault_case);
        }
        fault_case.error = EINTR;
        fault_case.fault = FAULT_EINTR;
        if (suffers & SUFFERS_EINTR)
                append(list, fault_case);
        fault_case.error = 0;
        fault_case.fault = FAULT_SHORT;
        if (suffers & SUFFERS_SHORT)
                append(list, fault_case);
        for (fault_case.fault = FAULT_HANG; fault_case.fault <= FAULT_STOP; fault_case.fault++)
                if (suffers & SUFFERS_END)
                        append(list, fault_case);
}

/* What is done for every record, say, is not tried for each, but evenly from the first to the last.
 */
static void append_place(struct list *list, struct fault_case fault_case, uint32_t first,
                         uint32_t last)
{
        uint32_t span = last - first;
        uint32_t tries = span < TRIES_MAX ? span + 1 : TRIES_MAX;

        for (uint32_t i = 0; i < tries; i++) {
                fault_case.count = tries > 1 ? first + i * span / (tries - 1) : first;
                if (fault_case.place < CALLS)
                        append_call(list, fault_case);
                else
                        append_frame(list, fault_case);
        }
}

/* What happens before COMMIT is the same as where TAKEN is not late. And what strikes a tree's main
   process, when the child is through, is the same as where there is no child. Nor is an upgrade
   another one for what befell the child when it was forked. */
static bool is_told_apart(const struct fault_case *c, uint32_t count, uint32_t *ret_first)
{
        *ret_first = c->scenario == SCENARIO_LATE && count > LATE_TRIES ? count - LATE_TRIES : 1;
        if (c->scenario == SCENARIO_TREE)
                return count > 0 && c->role != ROLE_PREDECESSOR && c->role != ROLE_SUCCESSOR;
        if (c->scenario == SCENARIO_FORKED)
                return count > 0 && c->role == ROLE_FORKED;
        return count > 0 && (c->scenario != SCENARIO_LATE || c->role == ROLE_PREDECESSOR);
}

size_t case_list(uint32_t counts[SCENARIOS][ROLES][PLACES], struct fault_case **ret_cases)
{
        struct list list = {0};
        struct fault_case c = {0};
        uint32_t first;

        for (c.scenario = 0; c.scenario < SCENARIOS; c.scenario++)
                for (c.role = 0; c.role < ROLES; c.role++)
                        for (c.place = 0; c.place < PLACES; c.place++) {
                                uint32_t count = counts[c.scenario][c.role][c.place];

                                if (is_told_apart(&c, count, &first))
                                        append_place(&list, c, first, count);
                        }
        *ret_cases = list.cases;
        return list.count;
}

/* Whichever case it is, it is among those of a place that is passed often enough. */
bool case_parse(const char *name, struct fault_case *ret_case)
{
        for (struct fault_case c = {0}; c.scenario < SCENARIOS; c.scenario++)
                for (c.role = 0; c.role < ROLES; c.role++)
                        for (c.place = 0; c.place < PLACES; c.place++) {
                                struct list list = {0};
                                char prefix[CASE_NAME_MAX], place[48];
                                bool found = false;
                                int n = snprintf(prefix, sizeof(prefix),
                                                 "%s:%s:%s:", scenario_names[c.scenario],
                                                 role_names[c.role], place_name(c.place, place));

                                if (strncmp(name, prefix, (size_t)n) != 0)
                                        continue;
                                c.count = (unsigned int)strtoul(name + n, NULL, 10);
                                if (c.place < CALLS)
                                        append_call(&list, c);
                                else
                                        append_frame(&list, c);
                                for (size_t i = 0; i < list.count && !found; i++) {
                                        case_name(&list.cases[i], prefix);
                                        found = strcmp(name, prefix) == 0;
                                        if (found)
                                                *ret_case = list.cases[i];
                                }
                                free(list.cases);
                                return found;
                        }
        return false;
}
