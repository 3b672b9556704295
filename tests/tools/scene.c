/* SPDX-License-Identifier: MIT */
/* See scene.h. */
#include "scene.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"

static char directory[64];
static const struct ek_wait patience = {.idle_ms = TOOL_DEADLINE_MS};

void scene_directory_make(void)
{
        strcpy(directory, "/tmp/ekiden-tools-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        signal(SIGPIPE, SIG_IGN);
}

void scene_directory_remove(void)
{
        DIR *open_directory = opendir(directory);
        struct dirent *entry;

        while (open_directory && (entry = readdir(open_directory)))
                unlinkat(dirfd(open_directory), entry->d_name, 0);
        if (open_directory)
                closedir(open_directory);
        rmdir(directory);
}

const char *scene_directory(void)
{
        return directory;
}

int scene_listen(const char *program, pid_t pid)
{
        return scene_listen_by(program, pid, SOCK_STREAM);
}

int scene_listen_by(const char *program, pid_t pid, int type)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        cr_assert_geq(fd, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.%d", directory, program,
                 (int)pid);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert(type == SOCK_DGRAM || listen(fd, 4) == 0);
        return fd;
}

pid_t scene_process_start(void)
{
        pid_t pid = fork();

        cr_assert_geq(pid, 0);
        if (pid == 0) {
                alarm(60); /* outlives no test that forgets it */
                pause();
                _exit(0);
        }
        return pid;
}

void scene_process_end(pid_t pid)
{
        kill(pid, SIGKILL);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

void scene_accept(struct scene *scene)
{
        struct pollfd source = {.fd = scene->listener, .events = POLLIN};
        struct ek_frame frame;
        ProtobufCMessage *message;
        int fd;

        cr_assert_eq(poll(&source, 1, TOOL_DEADLINE_MS), 1, "the tool did not connect");
        fd = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_geq(fd, 0);
        cr_assert_eq(ek_link_new(fd, &scene->link), 0);
        cr_assert_eq(ek_link_receive(scene->link, &patience, &frame), 0);
        if (frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS) {
                cr_assert_eq(ek_link_take_descriptors(scene->link, &frame, &scene->given), 1);
                cr_assert_eq(ek_link_receive(scene->link, &patience, &frame), 0);
        }
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__REQUEST);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__request__descriptor, &message), 0);
        scene->request = (Ekiden__Request *)message;
}

void scene_start(struct scene *scene, const char *const *arguments)
{
        *scene = (struct scene){.listener = scene_listen("chat", getpid())};
        tool_start(&scene->tool, arguments);
        scene_accept(scene);
}

void scene_start_upgrade(struct scene *scene)
{
        scene_start(scene, TOOL_ARGUMENTS("chat", "./chat-v2"));
}

void scene_start_upgrade_of_other(struct scene *scene)
{
        pid_t other = scene_process_start();

        *scene = (struct scene){.listener = scene_listen("chat", other), .other = other};
        tool_start(&scene->tool, TOOL_ARGUMENTS("chat", "./chat-v2"));
        scene_accept(scene);
}

void scene_send(struct scene *scene, const Ekiden__Event *event)
{
        /* The tool may have gone by now: whether it should, its exit status tells. */
        (void)ek_link_send_message(scene->link, EKIDEN__FRAME_KIND__EVENT, &event->base, &patience);
}

static Ekiden__Event event_of(Ekiden__EventKind kind)
{
        static uint64_t elapsed_us;
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = kind;
        event.elapsed_us = elapsed_us += 250;
        return event;
}

void scene_send_seen(struct scene *scene)
{
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__SEEN);
        char point[] = "chat_loop";

        event.update_point = point;
        event.has_from_version = true;
        event.from_version = 1;
        scene_send(scene, &event);
}

void scene_send_phase(struct scene *scene, enum ekiden_phase phase)
{
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__PHASE);

        event.has_phase = true;
        event.phase = phase;
        scene_send(scene, &event);
}

void scene_send_until(struct scene *scene, enum ekiden_phase phase)
{
        if (phase >= EKIDEN_PHASE_REQUEST)
                scene_send_seen(scene);
        for (int next = EKIDEN_PHASE_CHECK; next <= (int)phase; next++)
                scene_send_phase(scene, (enum ekiden_phase)next);
}

void scene_send_progress(struct scene *scene, const char *item, uint64_t item_records,
                         uint64_t item_count, uint64_t records)
{
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__PROGRESS);

        event.item = (char *)(uintptr_t)item;
        event.has_item_records = true;
        event.item_records = item_records;
        event.has_item_count = item_count > 0;
        event.item_count = item_count;
        event.has_records = event.has_bytes = event.has_descriptors = true;
        event.records = records;
        event.bytes = records * 80;
        event.descriptors = 3;
        scene_send(scene, &event);
}

void scene_send_committed(struct scene *scene)
{
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__COMMITTED);
        char point[] = "chat_loop";

        event.has_from_version = event.has_to_version = true;
        event.from_version = 1;
        event.to_version = 2;
        event.has_predecessor_pid = event.has_successor_pid = true;
        event.predecessor_pid = getpid();
        event.successor_pid = 4720;
        event.has_pause_us = event.has_records = event.has_bytes = event.has_descriptors = true;
        event.pause_us = 420;
        event.records = 1204;
        event.has_objects = scene->objects > 0;
        event.objects = scene->objects;
        event.bytes = 98611;
        event.descriptors = 203;
        event.update_point = point;
        scene_send(scene, &event);
}

static Ekiden__ItemReport report_of(const char *name, uint64_t duration_us)
{
        Ekiden__ItemReport report = EKIDEN__ITEM_REPORT__INIT;

        report.item = (char *)(uintptr_t)name;
        report.has_records = report.has_bytes = report.has_descriptors = 1;
        report.records = 1204;
        report.bytes = 98611;
        report.descriptors = 203;
        report.has_transformed = report.has_duration_us = 1;
        report.transformed = 1204;
        report.duration_us = duration_us;
        return report;
}

void scene_send_rehearsed(struct scene *scene, const char *name, uint64_t pause_us)
{
        Ekiden__ItemReport members = report_of(name, pause_us / 2);
        Ekiden__ItemReport bans = EKIDEN__ITEM_REPORT__INIT;
        Ekiden__ItemReport *items[] = {&members, &bans};
        char *left_behind[] = {(char *)"watches", (char *)"entries"};
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__REHEARSED);

        bans.item = (char *)"bans";
        members.has_verdict = scene->verdict != 0;
        members.verdict = scene->verdict;
        members.reason = (char *)(uintptr_t)scene->reason;
        event.has_from_version = event.has_to_version = event.has_successor_pid = 1;
        event.from_version = 1;
        event.to_version = 2;
        event.successor_pid = 4720;
        event.has_pause_us = event.has_records = event.has_bytes = event.has_descriptors = 1;
        event.pause_us = pause_us;
        event.records = 1204;
        event.bytes = 98611;
        event.descriptors = 203;
        event.has_peak_bytes = 1;
        event.peak_bytes = UINT64_C(3) << 20;
        event.items = items;
        event.n_items = 2;
        event.left_behind = left_behind;
        event.n_left_behind = 2;
        scene_send(scene, &event);
}

void scene_send_failed(struct scene *scene, int code, const char *sentence)
{
        Ekiden__Event event = event_of(EKIDEN__EVENT_KIND__FAILED);
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        char item[] = "members", field[] = "nick";

        refusal.code = code;
        refusal.has_phase = true;
        refusal.phase = EKIDEN_PHASE_TRANSFER;
        refusal.item = item;
        refusal.field = field;
        refusal.sentence = (char *)(uintptr_t)sentence;
        event.refusal = &refusal;
        scene_send(scene, &event);
}

void scene_close(struct scene *scene)
{
        scene->link = ek_link_free(scene->link);
}

void scene_expect_closed(struct scene *scene)
{
        struct ek_frame frame;

        cr_assert_eq(ek_link_receive(scene->link, &patience, &frame), EKIDEN_EPEER);
}

void scene_expect_exit(struct scene *scene, int exit_status)
{
        tool_wait(&scene->tool);
        cr_assert_eq(scene->tool.exit_status, exit_status, "exit status %d, not %d; it said:\n%s%s",
                     scene->tool.exit_status, exit_status, scene->tool.printed, scene->tool.errors);
}

void scene_answer_as_successor(int listener, pid_t predecessor)
{
        struct scene successor = {.listener = listener};
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__Leg legs[2] = {EKIDEN__LEG__INIT, EKIDEN__LEG__INIT};
        Ekiden__Leg *lineage[] = {&legs[0], &legs[1]};
        char program[] = "chat";

        scene_accept(&successor);
        cr_assert_not_null(successor.request->status);
        for (int i = 0; i < 2; i++) {
                legs[i].number = legs[i].version = (uint32_t)i + 1;
                legs[i].has_pid = 1;
        }
        legs[0].pid = predecessor;
        legs[1].pid = getpid();
        status.program = program;
        status.pid = getpid();
        status.version = 2;
        status.lineage = lineage;
        status.n_lineage = 2;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_send(&successor, &event);
        ekiden__request__free_unpacked(successor.request, NULL);
        scene_close(&successor);
}

void scene_deinit(struct scene *scene)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/chat.%d", directory,
                 (int)(scene->other > 0 ? scene->other : getpid()));
        unlink(path);
        if (scene->request)
                ekiden__request__free_unpacked(scene->request, NULL);
        scene_close(scene);
        close(scene->listener);
        if (scene->given > 0)
                close(scene->given);
        tool_deinit(&scene->tool);
}
