/* SPDX-License-Identifier: MIT */
/* See advice.h. */
#include "advice.h"

#include <errno.h>
#include <stddef.h>

struct advice {
        int code;
        const char *next_step;
};

static const struct advice advices[] = {
        {EKIDEN_EINVAL, "correct the request; ekiden-upgrade --help shows how it is written"},
        {EKIDEN_ENOMEM, "free some memory, then try again"},
        {EKIDEN_ESYSTEM, "remove the cause that the system names, then try again"},
        {EKIDEN_ESTATE, "report this as a bug of the program: it calls the library out of order"},
        {EKIDEN_EEXISTS, "report this as a bug of the program: it tags two items of one name"},
        {EKIDEN_ENOTFOUND,
         "look at ekiden-upgrade --list; other users' processes are seen by root, "
         "others' directories with EKIDEN_RUNTIME_DIR"},
        {EKIDEN_EAMBIGUOUS, "name one of them by its PID, or with --tree and a PID all that "
                            "were forked from one another"},
        {EKIDEN_EPERMISSION, "ask as the user whose process it is, or as root"},
        {EKIDEN_EBUSY, "wait for its end with --wait, or call it off with --cancel"},
        {EKIDEN_EBINARY, "check the path, as the running process sees it, and its permissions"},
        {EKIDEN_EPROGRAM, "give the binary of a newer release of the same program"},
        {EKIDEN_EVERSION, "use a binary that has the missing transformers, or go by way of a "
                          "release that has them"},
        {EKIDEN_ESCHEMA, "restore the released schema, and put the change into a new version"},
        {EKIDEN_ETRANSFORMER, "mend the transformer for this item, or the record that it refuses, "
                              "then try again"},
        {EKIDEN_EREFUSED,
         "mend what the reason names, in the state, in the schema or in the new version"},
        {EKIDEN_EPEER, "look at the new version's own log and start-up messages, then try again"},
        {EKIDEN_ETIMEOUT, "look at what the slower side is doing; what the reason names gives it "
                          "more time: --max-pause, --timeout, or the phase's deadline in the "
                          "program"},
        {EKIDEN_EPROTOCOL, "check that both binaries are built with a library of this release"},
        {EKIDEN_ETYPE, "compare the item's type in the schemas of both versions"},
        {EKIDEN_ELIMIT, "make what the reason names smaller, then try again"},
        {EKIDEN_ECANCELLED, "ask again whenever you like"},
};

/* Where the code alone says too little. NULL: it says enough. */
static const char *advice_there(const struct ekiden_error *error)
{
        if (error->code == EKIDEN_EPERMISSION && error->phase == EKIDEN_PHASE_CHECK)
                return "do what the reason says, then try again";
        if (error->code == EKIDEN_ETIMEOUT &&
            (error->phase == EKIDEN_PHASE_CHECK || error->phase == EKIDEN_PHASE_WARM))
                return "look at what takes so long; --timeout, or the phase's deadline in the "
                       "program, gives it more time";
        if (error->code == EKIDEN_EREFUSED && error->phase == EKIDEN_PHASE_REQUEST)
                return "ask again later, when the program permits it";
        if (error->code == EKIDEN_ESTATE && error->system_errno != 0)
                return "let the new version call ekiden_before_sandbox() right before chroot(2), "
                       "setuid(2) and the like, and then try again";
        if (error->code == EKIDEN_ESYSTEM &&
            (error->system_errno == EMFILE || error->system_errno == ENFILE))
                return "raise the limit of open files (ulimit -n; LimitNOFILE= of a unit), or let "
                       "the program close some, then try again";
        return NULL;
}

const char *advice_for(const struct ekiden_error *error)
{
        const char *there = advice_there(error);

        if (there)
                return there;
        for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
                if (advices[i].code == error->code)
                        return advices[i].next_step;
        return "look at the program's own log";
}
