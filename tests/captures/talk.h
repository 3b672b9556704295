/* SPDX-License-Identifier: MIT */
/*
 * What clients say to a sample before its state is captured, and what they must hear when a later
 * version has taken the capture over. A file SAMPLE.talk has a line for each step:
 *
 *     1> a line                client 1 says it
 *     1>> half a li            the same, without a newline
 *     1< part                  client 1 waits for a line that contains the part
 *     1!                       client 1 connects
 *     ----                     here the capture is made; what comes behind is for the test
 *
 * Behind the line clients are those whose connections the capture holds, in their order.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "client.h"

#define TALKERS_MAX 16

struct talk {
        struct client clients[TALKERS_MAX + 1]; /* from 1 */
        unsigned int port; /* for those that connect */
        char failure[8192]; /* why a step failed */
};

/** Carries out the steps from where the file stands to the next line of dashes, or the end. */
bool talk_on(struct talk *talk, FILE *file);

/** Skips to behind the next line of dashes. */
void talk_skip(FILE *file);
