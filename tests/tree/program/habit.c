/* SPDX-License-Identifier: MIT */
/* See habit.h. */
#include "habit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#define SLOW_US 500000

static int count, version;
static char **words;
static bool is_back;
static volatile sig_atomic_t stop_was_noted;

static bool has(const char *word)
{
        for (int i = 2; i < count; i++)
                if (strcmp(words[i], word) == 0)
                        return true;
        return false;
}

static void note_stop(int number)
{
        (void)number;
        stop_was_noted = 1;
}

static ssize_t send_stop(void *cookie, const char *bytes, size_t size)
{
        (void)cookie;
        (void)bytes;
        kill(getpid(), SIGTERM);
        return (ssize_t)size;
}

/* A byte that waits to be written, and what writes it is us. */
static void buffer_a_stop(void)
{
        static const cookie_io_functions_t functions = {.write = send_stop};
        FILE *file = fopencookie(NULL, "w", functions);

        if (file)
                fputc('.', file);
}

static void linger(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        (void)level;
        if (strstr(message, "this was a rehearsal"))
                for (;;)
                        pause();
}

static void set_signal(void)
{
        for (int i = 2; i < count; i++)
                if (strncmp(words[i], "signal=", 7) == 0)
                        if (ekiden_set_signal(atoi(words[i] + 7)) < 0)
                                abort();
}

/* As long as there is the file. */
static void hold(void)
{
        char path[128];

        snprintf(path, sizeof(path), "%s.hold", words[1]);
        while (access(path, F_OK) == 0)
                usleep(5000);
}

void habits_begin(int argc, char **argv, int own_version)
{
        count = argc;
        words = argv;
        version = own_version;
        if (version > 1)
                set_signal();
        if (version > 1 && has("tidy"))
                close_range(8, ~0U, 0);
        if (version > 1 && has("linger"))
                ekiden_set_log(linger, NULL);
        is_back = version == 1 && getenv("EKIDEN_KEEPER");
        if (is_back && has("slow-return"))
                usleep(SLOW_US);
        if (is_back && has("hold-return=early"))
                hold();
}

void habits_start(void)
{
        struct sigaction action = {.sa_handler = note_stop};

        if (is_back && has("hold-return=late"))
                hold();
        if (has("stop=noted"))
                sigaction(SIGTERM, &action, NULL);
        if (version == 1 && has("flush=SIGTERM"))
                buffer_a_stop();
}

void habit_look(void)
{
        if (stop_was_noted)
                _exit(0);
}
