/* SPDX-License-Identifier: MIT */
/*
 * A program that never sleeps: it passes one update point all the time, and another one every
 * thousandth time. It has no state, and cannot be upgraded to anything.
 */
#include <stdio.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "probe_v1.ekiden.h"

int main(int argc, char **argv)
{
        struct ekiden_error error;

        if (ekiden_start(argc, argv, &probe_v1, &error) < 0)
                return 1;
        printf("ready\n");
        fflush(stdout);
        for (unsigned int i = 0;; i++) {
                ekiden_update_point("busy");
                if (i % 1000 == 0)
                        ekiden_update_point("calm");
        }
}
