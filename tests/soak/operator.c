/* SPDX-License-Identifier: MIT */
/* See operator.h. */
#include "operator.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t start(const char *const arguments[], int output)
{
        posix_spawn_file_actions_t actions;
        pid_t tool = -1;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (posix_spawn(&tool, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments,
                        environ) != 0)
                tool = -1;
        posix_spawn_file_actions_destroy(&actions);
        return tool;
}

static pid_t start_order(const struct order *order, int output)
{
        char pid[16];
        const char *arguments[7];
        size_t count = 0;

        snprintf(pid, sizeof(pid), "%d", (int)order->pid);
        arguments[count++] = order->tool;
        arguments[count++] = "--json";
        if (order->option)
                arguments[count++] = order->option;
        if (order->file) {
                arguments[count++] = "--snapshot";
                arguments[count++] = order->file;
        }
        arguments[count++] = pid;
        arguments[count++] = order->binary;
        arguments[count] = NULL;
        return start(arguments, output);
}

static uint64_t number(struct json_object *event, const char *key)
{
        return (uint64_t)json_object_get_int64(json_object_object_get(event, key));
}

static void understand(const char *line, struct outcome *outcome)
{
        struct json_object *event = json_tokener_parse(line);
        const char *kind = json_object_get_string(json_object_object_get(event, "event"));
        const char *sentence = json_object_get_string(json_object_object_get(event, "sentence"));

        if (kind && (strcmp(kind, "committed") == 0 || strcmp(kind, "rehearsed") == 0 ||
                     strcmp(kind, "snapshot") == 0)) {
                outcome->is_good = true;
                outcome->pause_us = number(event, "pause_us");
                outcome->total_us = number(event, "total_us");
                outcome->successor = (pid_t)number(event, "successor_pid");
        }
        snprintf(outcome->sentence, sizeof(outcome->sentence), "%.200s: %.300s", kind ? kind : line,
                 sentence ? sentence : "");
        json_object_put(event);
}

struct outcome operator_order(const struct order *order)
{
        struct outcome outcome = {.sentence = "the tool said nothing"};
        char *line = NULL;
        size_t size = 0;
        int ends[2], status = -1;
        FILE *events;
        pid_t tool;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return outcome;
        tool = start_order(order, ends[1]);
        close(ends[1]);
        events = fdopen(ends[0], "r");
        while (events && getline(&line, &size, events) > 0)
                understand(line, &outcome);
        free(line);
        if (events)
                fclose(events);
        if (tool > 0)
                waitpid(tool, &status, 0);
        outcome.is_good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
        return outcome;
}

bool operator_same(const char *inspect, const char *older, const char *newer)
{
        const char *arguments[] = {inspect, "diff", older, newer, NULL};
        pid_t tool = start(arguments, STDERR_FILENO);
        int status = -1;

        if (tool > 0)
                waitpid(tool, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
