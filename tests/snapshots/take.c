/* SPDX-License-Identifier: MIT */
/*
 * Takes a snapshot for this folder: take BINARY EKIDEN-UPGRADE SAMPLE.talk FILE. It is run once for
 * each released version of a sample (README.md), and its file is then never changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "processes.h"
#include "service.h"
#include "talk.h"

static bool take_snapshot(const struct service *service, const char *file)
{
        char pid[16];
        const char *const arguments[] = {service->tool, "--snapshot", file, pid, NULL};
        pid_t tool;
        int status;

        snprintf(pid, sizeof(pid), "%d", (int)service->pid);
        tool = process_start(arguments, -1, -1, -1);
        return tool > 0 && waitpid(tool, &status, 0) == tool && status == 0;
}

static int take(char **argv)
{
        struct service service = {.keeper_pipe = -1};
        struct talk talk = {.port = 0};
        FILE *file = fopen(argv[3], "re");
        bool is_done = false;

        if (!file || !service_start(&service, argv[1], argv[2])) {
                fprintf(stderr, "take: %s\n", file ? service.sentence : "there is no such talk");
                goto out;
        }
        talk.port = service.port;
        if (!talk_on(&talk, file)) {
                fprintf(stderr, "take: %s\n", talk.failure);
                goto out;
        }
        /* Half a line is answered by nothing: it is given time to arrive. */
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
        is_done = take_snapshot(&service, argv[4]);
out:
        if (file)
                fclose(file);
        service_stop(&service);
        return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        if (argc != 5) {
                fprintf(stderr, "usage: take BINARY EKIDEN-UPGRADE SAMPLE.talk FILE\n");
                return 64; /* EX_USAGE */
        }
        return take(argv);
}
