/* SPDX-License-Identifier: MIT */
/*
 * A program that leaves marks behind before it is upgraded and reports afterwards what its next
 * leg found of them: built-in items, descriptors of every kind, how it was started. One line each
 * on standard output, "NAME VALUE"; the test reads them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "marks.h"
#include "probe_v1.ekiden.h"

static void report_file(const char *name)
{
        char path[256];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", getenv("WITNESS_DIRECTORY"), name);
        file = fopen(path, "w");
        if (file)
                fclose(file);
}

static void at_exit(void)
{
        report_file("atexit-ran");
}

static void on_leave(void *data, pid_t successor)
{
        (void)data;
        if (successor > 0 && successor != getpid())
                report_file("leave-ran");
}

static void report_signals(void)
{
        struct sigaction action;
        sigset_t blocked;

        sigprocmask(SIG_SETMASK, NULL, &blocked);
        printf("blocked %d\n", sigismember(&blocked, SIGTERM));
        sigaction(SIGPIPE, NULL, &action);
        printf("sigpipe %s\n", action.sa_handler == SIG_DFL ? "default" : "other");
        sigaction(SIGHUP, NULL, &action);
        printf("sighup %s\n", action.sa_handler == SIG_IGN ? "ignored" : "other");
}

static void report_start(int argc, char **argv)
{
        char directory[512] = "";
        char name[32] = "";
        mode_t mask = umask(0);

        umask(mask);
        printf("arguments");
        for (int i = 1; i < argc; i++)
                printf(" %s", argv[i]);
        printf("\ndirectory %s\n", getcwd(directory, sizeof(directory)));
        printf("umask %03o\n", mask);
        printf("variable %s\n", getenv("WITNESS_VARIABLE"));
        printf("handover %s\n", getenv("EKIDEN_HANDOVER") ? "set" : "unset");
        prctl(PR_GET_NAME, name);
        printf("name %s\n", name);
        report_signals();
}

/* The names of our variables that what this process starts would see. */
static void report_grandchild(void)
{
        char line[4096];
        FILE *environment = popen("/usr/bin/env", "r");

        printf("grandchild");
        while (environment && fgets(line, sizeof(line), environment))
                if (strncmp(line, "EKIDEN_", 7) == 0)
                        printf(" %.*s", (int)strcspn(line, "="), line);
        printf("\n");
        if (environment)
                pclose(environment);
}

/* Whoever looks at the environment that this process was started with. */
static void report_token(void)
{
        static const char marker[] = "EKIDEN_HANDOVER=1";
        char environment[65536];
        FILE *file = fopen("/proc/self/environ", "re");
        size_t size = file ? fread(environment, 1, sizeof(environment), file) : 0;

        printf("token %s\n",
               memmem(environment, size, marker, sizeof(marker) - 1) ? "there" : "wiped");
        if (file)
                fclose(file);
}

/* How many descriptors beyond the standard three are open, before anything was opened. */
static void report_descriptors(void)
{
        int count = 0;

        for (int fd = 3; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        printf("open %d\n", count);
}

/* Everything that a successor must not take over by accident. */
static void spoil(char **argv)
{
        sigset_t term;

        if (chdir("/") < 0 || dup(0) < 0)
                abort();
        umask(0777);
        setenv("WITNESS_VARIABLE", "spoilt", 1);
        memset(argv[1], 'x', strlen(argv[1]));
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        sigprocmask(SIG_BLOCK, &term, NULL);
        signal(SIGPIPE, SIG_IGN);
        atexit(at_exit);
}

/* Makes the window between the check and the blocking call wide, for signals to fall into. */
static void dawdle(void)
{
        struct timespec now, end;

        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_nsec += 5000000;
        do
                clock_gettime(CLOCK_MONOTONIC, &now);
        while (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec);
}

static void wait_by_signal(void)
{
        for (;;) {
                ekiden_update_point("by_signal");
                dawdle();
                pause();
        }
}

static void wait_by_descriptor(void)
{
        struct pollfd wake = {.fd = ekiden_poll_descriptor(), .events = POLLIN};

        for (;;) {
                ekiden_update_point("by_descriptor");
                if (poll(&wake, 1, -1) > 0)
                        ekiden_wake();
        }
}

static void on_tick(int number)
{
        (void)number;
}

/* A profiler's timer, say: every call that waits is interrupted, again and again. */
static void tick(void)
{
        const struct itimerval often = {.it_interval = {.tv_usec = 20000},
                                        .it_value = {.tv_usec = 20000}};
        struct sigaction action = {.sa_handler = on_tick};

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
}

int main(int argc, char **argv)
{
        const char *how = getenv("WITNESS_HOW");
        bool by_descriptor = how && strcmp(how, "descriptor") == 0;
        struct ekiden_error error;
        int r;

        report_descriptors();
        if (by_descriptor && ekiden_set_signal(0) < 0)
                return 1;
        if (getenv("WITNESS_BINARY") && ekiden_set_binary(getenv("WITNESS_BINARY")) < 0)
                return 1;
        ekiden_set_leave(on_leave, NULL);
        r = ekiden_start(argc, argv, &probe_v1, &error);
        if (r < 0) {
                fprintf(stderr, "witness: %s\n", error.sentence);
                return 1;
        }
        report_start(argc, argv);
        report_grandchild();
        report_token();
        marks_tag();
        printf("resumed %s\n", ekiden_resumed_at(by_descriptor ? "by_descriptor" : "by_signal")
                                       ? "here"
                                       : "elsewhere");
        if (r == EKIDEN_FRESH)
                marks_leave();
        else
                marks_report();
        printf("ready %d\n", (int)getpid());
        fflush(stdout);
        if (getenv("WITNESS_TICK"))
                tick();
        printf("buffered\n"); /* stays in the buffer until the handover */
        spoil(argv);
        if (by_descriptor)
                wait_by_descriptor();
        wait_by_signal();
}
