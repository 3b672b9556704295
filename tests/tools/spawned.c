/* SPDX-License-Identifier: MIT */
#include "spawned.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

char spawned_folder[64], spawned_binary[96], spawned_file[96];

/* What it says on its standard output is for whoever reads that; the notes appear all at once. */
static const char script[] = "#!/bin/sh\n"
                             "echo it speaks\n"
                             "exec 9>NOTES.new\n"
                             "echo pid $$ >&9\n"
                             "echo session $(cut -d' ' -f6 /proc/$$/stat) >&9\n"
                             "echo ignored $(grep SigIgn /proc/$$/status) >&9\n"
                             "echo blocked $(grep SigBlk /proc/$$/status) >&9\n"
                             "echo limit $(ulimit -n) >&9\n"
                             "echo directory $PWD >&9\n"
                             "echo token $EKIDEN_HANDOVER. >&9\n"
                             "tr '\\0' '\\n' </proc/$$/environ | grep ^EKIDEN_HANDOVER= >&9\n"
                             "echo others $EKIDEN_KEEPER$EKIDEN_PREDECESSOR.$EKIDEN_SNAPSHOT. >&9\n"
                             "echo socket $(readlink /proc/$$/fd/3) >&9\n"
                             "for argument; do echo argument $argument. >&9; done\n"
                             "mv NOTES.new NOTES\n"
                             "exec 9>&-\n"
                             "case $1 in\n"
                             "exit*) exit ${1#exit} ;;\n"
                             "background) sleep 60 & echo $! >NOTES.child; exit 0 ;;\n"
                             "esac\n"
                             "exec sleep 60\n";

void spawned_make(void)
{
        FILE *file;

        scene_directory_make();
        strcpy(spawned_folder, "/tmp/ekiden-here-XXXXXX");
        cr_assert_not_null(mkdtemp(spawned_folder));
        snprintf(spawned_binary, sizeof(spawned_binary), "%s/new", spawned_folder);
        snprintf(spawned_file, sizeof(spawned_file), "%s/notes", spawned_folder);
        file = fopen(spawned_binary, "we");
        cr_assert_not_null(file);
        for (const char *rest = script; *rest;) {
                const char *next = strstr(rest, "NOTES");
                size_t length = next ? (size_t)(next - rest) : strlen(rest);

                fwrite(rest, 1, length, file);
                fputs(next ? spawned_file : "", file);
                rest += length + (next ? strlen("NOTES") : 0);
        }
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(chmod(spawned_binary, 0755), 0);
}

void spawned_unmake(void)
{
        char path[128];

        unlink(spawned_binary);
        unlink(spawned_file);
        snprintf(path, sizeof(path), "%s.child", spawned_file);
        unlink(path);
        rmdir(spawned_folder);
        scene_directory_remove();
}

bool spawned_read(const char *path, char *ret_text, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, ret_text, size - 1) : -1;

        if (fd >= 0)
                close(fd);
        ret_text[n > 0 ? n : 0] = '\0';
        return n > 0;
}

void spawned_await(const char *path, char *ret_text, size_t size)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!spawned_read(path, ret_text, size)) {
                cr_assert_lt(ek_now_ns(), until_ns, "%s was not written", path);
                usleep(2000);
        }
}

const char *spawned_notes(void)
{
        static char text[4096];

        spawned_await(spawned_file, text, sizeof(text));
        return text;
}

pid_t spawned_pid(const char *text)
{
        const char *line = strstr(text, "pid ");

        cr_assert_not_null(line);
        return atoi(line + strlen("pid "));
}

/* Gone, or a zombie. */
static bool has_ended(pid_t pid)
{
        char path[32], text[256];
        const char *end;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        if (!spawned_read(path, text, sizeof(text)))
                return true;
        end = strrchr(text, ')');
        return end && end[2] == 'Z';
}

void spawned_expect_gone(pid_t pid)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!has_ended(pid)) {
                cr_assert_lt(ek_now_ns(), until_ns, "process %d is still there", (int)pid);
                usleep(2000);
        }
}

void spawned_send_check(struct scene *scene, char **arguments, size_t count)
{
        ek_auto_free ProtobufCBinaryData *values = ek_arguments_fill(arguments, count);
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = EKIDEN_PHASE_CHECK;
        event.arguments = values;
        event.n_arguments = count;
        scene_send_seen(scene);
        scene_send(scene, &event);
}

void spawned_start(struct scene *scene, const char *word)
{
        char *arguments[] = {(char *)(uintptr_t)word, (char *)"a b"};

        scene_start(scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        spawned_send_check(scene, arguments, 2);
}

void spawned_fail(struct scene *scene)
{
        scene_send_failed(scene, EKIDEN_EREFUSED, "it will not have it");
        scene_expect_exit(scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        scene_deinit(scene);
}
