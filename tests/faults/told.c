/* SPDX-License-Identifier: MIT */
/* See told.h. */
#include "told.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TAIL_SIZE 32768 /* bytes: all that is said of a tree */

static void copy_text(struct json_object *object, const char *key, char *ret_text, size_t size)
{
        const char *text = json_object_get_string(json_object_object_get(object, key));

        snprintf(ret_text, size, "%s", text ? text : "");
}

static void read_event(struct told *told, const char *line)
{
        struct json_object *object = json_tokener_parse(line);
        struct json_object *serves_on;

        if (!json_object_is_type(object, json_type_object)) {
                json_object_put(object);
                return;
        }
        copy_text(object, "event", told->event, sizeof(told->event));
        copy_text(object, "error", told->error, sizeof(told->error));
        copy_text(object, "phase", told->phase, sizeof(told->phase));
        copy_text(object, "sentence", told->sentence, sizeof(told->sentence));
        told->claimed_status = json_object_get_int(json_object_object_get(object, "exit_status"));
        serves_on = json_object_object_get(object, "serves_on");
        if (serves_on)
                told->serves_on = json_object_get_boolean(serves_on) ? SERVES_ON_YES : SERVES_ON_NO;
        json_object_put(object);
}

static bool is_end(const char *event)
{
        static const char *const ends[] = {"committed", "failed", "ended", "skipped", "untried"};

        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
                if (strcmp(event, ends[i]) == 0)
                        return true;
        return false;
}

/* Of one process of a tree, which its PID tells: the tool may not know its role. */
static void read_end(struct told *told, const char *line)
{
        struct told event = {0};
        struct json_object *object = json_tokener_parse(line);
        struct told_end *end = &told->ends[told->end_count];

        read_event(&event, line);
        if (is_end(event.event) && told->end_count < TOLD_ENDS_MAX) {
                memcpy(end->event, event.event, sizeof(end->event));
                end->serves_on = event.serves_on;
                end->pid = json_object_get_int(json_object_object_get(object, "predecessor_pid"));
                told->end_count++;
        }
        json_object_put(object);
}

/* The last of a file. */
static void read_tail(int fd, char text[TAIL_SIZE])
{
        off_t size = lseek(fd, 0, SEEK_END);
        ssize_t n = pread(fd, text, TAIL_SIZE - 1, size > TAIL_SIZE - 1 ? size - TAIL_SIZE + 1 : 0);

        text[n > 0 ? n : 0] = '\0';
}

void told_read(struct told *told, int output, int errors)
{
        char text[TAIL_SIZE];
        char *line;

        read_tail(output, text);
        line = text + strlen(text);
        while (line > text && line[-1] == '\n')
                *--line = '\0';
        line = strrchr(text, '\n');
        read_event(told, line ? line + 1 : text);
        for (char *rest = text; (line = strsep(&rest, "\n"));)
                read_end(told, line);
        read_tail(errors, text);
        text[strcspn(text, "\n")] = '\0';
        snprintf(told->complaint, sizeof(told->complaint), "%.250s", text);
}
