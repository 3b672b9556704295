/* SPDX-License-Identifier: MIT */
/* See told.h. */
#include "told.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* The last 8 KiB of a file. */
static void read_tail(int fd, char text[8192])
{
        off_t size = lseek(fd, 0, SEEK_END);
        ssize_t n = pread(fd, text, 8191, size > 8191 ? size - 8191 : 0);

        text[n > 0 ? n : 0] = '\0';
}

void told_read(struct told *told, int output, int errors)
{
        char text[8192];
        char *line;

        read_tail(output, text);
        line = text + strlen(text);
        while (line > text && line[-1] == '\n')
                *--line = '\0';
        line = strrchr(text, '\n');
        read_event(told, line ? line + 1 : text);
        read_tail(errors, text);
        text[strcspn(text, "\n")] = '\0';
        snprintf(told->complaint, sizeof(told->complaint), "%.250s", text);
}
