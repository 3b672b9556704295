/* SPDX-License-Identifier: MIT */
/* Where the predecessor's threads stand, in PAUSED: the successor may start the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/error.h>

#include "ekiden/handover.pb-c.h"

struct ek_stand {
        char name[EKIDEN_NAME_MAX + 1];
        char update_point[EKIDEN_NAME_MAX + 1]; /* "": it came to none */
        bool is_idle;
        bool is_claimed; /* a thread of the successor has its name */
};

struct ek_stands {
        struct ek_stand *list; /* owned */
        size_t count;
};

void ek_stands_free(struct ek_stands *stands);

/** Puts them into a message, for as long as ek_stands_empty() is not called: 0, ENOMEM. */
int ek_stands_fill(struct ek_stands *stands, Ekiden__Paused *paused);
void ek_stands_empty(Ekiden__Paused *paused);

/** Takes them from PAUSED, whose text is not believed: 0, ELIMIT, ENOMEM. The main thread. */
int ek_stands_receive(const Ekiden__Paused *paused);

/** What was received: it stays. The main thread. */
const struct ek_stands *ek_stands_received(void);

/** Where the thread of this name stood, for the first who asks. false: there was none, or somebody
    has asked. Any thread. */
bool ek_stands_claim(const char *name, char ret_update_point[EKIDEN_NAME_MAX + 1]);

/** Nobody is told of them any more. Any thread. */
void ek_stands_forget(void);

/** Around a fork, in the parent and in the child, as ek_own_before_fork(). */
void ek_stands_before_fork(void);
void ek_stands_after_fork(void);
