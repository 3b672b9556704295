/* SPDX-License-Identifier: MIT */
/*
 * Makes a capture: record BINARY RECORDER EKIDEN-UPGRADE SAMPLE.talk NAME ITEMS. It is run once for
 * each released version of a sample (README.md), and its files are then never changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "service.h"
#include "talk.h"

static int record(char **argv)
{
        struct service service = {.keeper_pipe = -1};
        struct talk talk = {.port = 0};
        FILE *file = fopen(argv[4], "re");
        bool is_done = false;

        setenv("CAPTURE_NAME", argv[5], 1);
        setenv("CAPTURE_ITEMS", argv[6], 1);
        if (!file || !service_start(&service, argv[1], argv[3])) {
                fprintf(stderr, "record: %s\n", file ? service.sentence : "there is no such talk");
                goto out;
        }
        talk.port = service.port;
        if (!talk_on(&talk, file)) {
                fprintf(stderr, "record: %s\n", talk.failure);
                goto out;
        }
        /* Half a line is answered by nothing: it is given time to arrive. */
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        /* The recorder leaves, so the upgrade fails; that it has kept all, it says itself. */
        is_done = service_upgrade(&service, argv[2], "--quiet", -1) &&
                  service_wait(&service, 20000) == SERVICE_FAILED;
out:
        if (file)
                fclose(file);
        service_stop(&service);
        return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        if (argc != 7) {
                fprintf(stderr, "usage: record BINARY RECORDER EKIDEN-UPGRADE SAMPLE.talk NAME "
                                "ITEM=MESSAGE,…\n");
                return 64; /* EX_USAGE */
        }
        return record(argv);
}
