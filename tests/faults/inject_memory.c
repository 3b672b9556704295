/* SPDX-License-Identifier: MIT */
/* Memory that runs out, whoever allocates it. */
#include <dirent.h>
#include <json-c/json.h>
#include <protobuf-c/protobuf-c.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "inject.h"

INJECT(void *, malloc, (size_t size), (size), NULL);
INJECT(void *, calloc, (size_t count, size_t size), (count, size), NULL);
INJECT(void *, realloc, (void *old, size_t size), (old, size), NULL);
INJECT(void *, reallocarray, (void *old, size_t count, size_t size), (old, count, size), NULL);
INJECT(char *, strdup, (const char *text), (text), NULL);
INJECT(char *, strndup, (const char *text, size_t size), (text, size), NULL);
INJECT(FILE *, open_memstream, (char **text, size_t *size), (text, size), NULL);
INJECT(DIR *, fdopendir, (int fd), (fd), NULL);
INJECT(DIR *, opendir, (const char *path), (path), NULL);
INJECT(int, atexit, (void (*function)(void)), (function), -1);
INJECT(int, on_exit, (void (*function)(int, void *), void *data), (function, data), -1);

INJECT_REAL(int, asprintf, (char **ret_text, const char *format, ...))
{
        va_list arguments;
        int n;

        if (inject_at(CALL_asprintf))
                return -1;
        va_start(arguments, format);
        n = vasprintf(ret_text, format, arguments);
        va_end(arguments);
        return n;
}

INJECT(ProtobufCMessage *, protobuf_c_message_unpack,
       (const ProtobufCMessageDescriptor *descriptor, ProtobufCAllocator *allocator, size_t size,
        const uint8_t *data),
       (descriptor, allocator, size, data), NULL);

INJECT(struct json_object *, json_object_new_object, (void), (), NULL);
INJECT(struct json_object *, json_object_new_array, (void), (), NULL);
INJECT(struct json_object *, json_object_new_boolean, (json_bool truth), (truth), NULL);
INJECT(struct json_object *, json_object_new_string, (const char *text), (text), NULL);
INJECT(struct json_object *, json_object_new_uint64, (uint64_t number), (number), NULL);
INJECT(int, json_object_object_add,
       (struct json_object * object, const char *key, struct json_object *value),
       (object, key, value), -1);
INJECT(int, json_object_array_add, (struct json_object * array, struct json_object *value),
       (array, value), -1);
INJECT(const char *, json_object_to_json_string_ext, (struct json_object * object, int flags),
       (object, flags), NULL);

INJECT(int, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * actions), (actions),
       inject_error());
INJECT(int, posix_spawn_file_actions_addchdir_np,
       (posix_spawn_file_actions_t * actions, const char *path), (actions, path), inject_error());
INJECT(int, posix_spawn_file_actions_addclosefrom_np,
       (posix_spawn_file_actions_t * actions, int from), (actions, from), inject_error());
INJECT(int, posix_spawn_file_actions_addopen,
       (posix_spawn_file_actions_t * actions, int fd, const char *path, int flags, mode_t mode),
       (actions, fd, path, flags, mode), inject_error());
INJECT(int, posix_spawn_file_actions_adddup2,
       (posix_spawn_file_actions_t * actions, int fd, int to), (actions, fd, to), inject_error());
INJECT(int, posix_spawnattr_init, (posix_spawnattr_t * attributes), (attributes), inject_error());
