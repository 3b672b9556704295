/* SPDX-License-Identifier: MIT */
/* See check.h; and how a program learns that all of it is a rehearsal. */
#include "entry/check.h"

#include <string.h>

#include <ekiden/start.h>

#include "entry/process.h"
#include "handover/successor.h"

static struct {
        int (*check)(void *data, struct ekiden_error *error);
        void *data;
} program;

void ekiden_set_check(int (*check)(void *data, struct ekiden_error *error), void *data)
{
        program.check = check;
        program.data = data;
}

bool ekiden_is_rehearsal(void)
{
        return ek_successor_is_rehearsal();
}

/* What it says is text for people, whether or not it ends within the array. */
static int refused(struct ekiden_error *said, struct ekiden_error *error)
{
        enum ekiden_phase phase = error->phase;

        if (said->code >= 0)
                said->code = EKIDEN_EREFUSED;
        said->sentence[sizeof(said->sentence) - 1] = '\0';
        said->item[sizeof(said->item) - 1] = '\0';
        said->field[sizeof(said->field) - 1] = '\0';
        if (!said->sentence[0])
                strcpy(said->sentence,
                       "the new version's own check refused what it has taken over, "
                       "and gave no reason");
        *error = *said;
        error->phase = phase;
        return error->code;
}

int ek_check(struct ekiden_error *error)
{
        struct ekiden_error said = {0};

        if (!program.check || program.check(program.data, &said) >= 0)
                return 0;
        return refused(&said, error);
}
