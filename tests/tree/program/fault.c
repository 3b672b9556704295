/* SPDX-License-Identifier: MIT */
/* See fault.h. */
#include "fault.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void leave(void)
{
        exit(3);
}

static void be_killed(void)
{
        raise(SIGKILL);
}

/* A sanitizer is not to judge it. */
static __attribute__((no_sanitize("undefined"))) void write_nowhere(void)
{
        volatile int *volatile wild = NULL;

        *wild = 1;
}

static volatile int has_an_end;

static __attribute__((noinline)) void overflow(void)
{
        volatile char much[65536];

        much[0] = 1;
        if (!has_an_end)
                overflow();
        much[1] = much[0];
}

static void compute(void)
{
        for (volatile unsigned int i = 0;; i++)
                ;
}

static void go_into_background(void)
{
        if (fork() > 0)
                _exit(0);
}

/* What keeps the PID finds the variable; the probe does not. */
static void sneak_into_background(void)
{
        if (getenv("EKIDEN_KEEPER"))
                go_into_background();
}

static void close_from_3(void)
{
        close_range(3, ~0U, 0);
}

/* And is long in coming to ekiden_start(). */
static void close_slowly(void)
{
        close_from_3();
        usleep(500000);
}

static void close_from_5(void)
{
        close_range(5, ~0U, 0);
}

void fail(const char *how)
{
        static const struct {
                const char *word;
                void (*fail)(void);
        } ways[] = {
                {"exit", leave},
                {"kill", be_killed},
                {"abort", abort},
                {"segv", write_nowhere},
                {"overflow", overflow},
                {"loop", compute},
                {"daemon", go_into_background},
                {"sneak", sneak_into_background},
                {"close-3", close_from_3},
                {"close-slowly", close_slowly},
                {"close-5", close_from_5},
        };

        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
                if (strcmp(how, ways[i].word) == 0)
                        ways[i].fail();
}
