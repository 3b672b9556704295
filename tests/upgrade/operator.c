/* SPDX-License-Identifier: MIT */
/* See operator.h. */
#include "operator.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ekiden/control.pb-c.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/link.h"

static const struct ek_wait patience = {.idle_ms = 30000};

/* A forked child comes here as well, so nothing is asserted: NULL when nobody listens. */
static struct ek_link *connect_to(const struct service *service)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ek_link *link = NULL;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/probe.%d", service->directory,
                 (int)service->pid);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                close(fd);
        else
                ek_link_new(fd, &link);
        return link;
}

static void ask(struct ek_link *link, const char *binary, const char *step, const char *fault,
                bool rehearse)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        char *texts[] = {(char *)(uintptr_t)step, (char *)(uintptr_t)fault};
        ek_auto_free ProtobufCBinaryData *arguments = NULL;

        request.protocol = rehearse ? 2 : 1;
        request.upgrade = &upgrade;
        upgrade.binary = (char *)(uintptr_t)binary;
        upgrade.has_rehearse = upgrade.rehearse = rehearse;
        if (step) {
                upgrade.has_replace_arguments = 1;
                upgrade.replace_arguments = 1;
                upgrade.arguments = arguments = ek_arguments_fill(texts, 2);
                upgrade.n_arguments = 2;
        }
        /* A process that refuses may close before it has read: its answer is there all the same. */
        (void)ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request.base, &patience);
}

static void hear_end(const Ekiden__Event *event, struct outcome *outcome)
{
        outcome->is_over = true;
        outcome->is_committed = event->kind == EKIDEN__EVENT_KIND__COMMITTED;
        outcome->is_rehearsed = event->kind == EKIDEN__EVENT_KIND__REHEARSED;
        outcome->was_for_rehearsal = event->rehearse;
        outcome->successor = event->successor_pid;
        outcome->records = event->records;
        outcome->pause_us = event->pause_us;
        outcome->peak_bytes = event->peak_bytes;
        outcome->item_count = event->n_items;
        for (size_t i = 0; i < event->n_items; i++)
                outcome->item_records += event->items[i]->records;
        outcome->left_behind_count = event->n_left_behind;
        if (event->n_left_behind > 0)
                snprintf(outcome->left_behind, sizeof(outcome->left_behind), "%s",
                         event->left_behind[0]);
}

static void hear(const Ekiden__Event *event, struct outcome *outcome)
{
        switch (event->kind) {
        case EKIDEN__EVENT_KIND__PHASE:
                outcome->phase = (int)event->phase;
                break;
        case EKIDEN__EVENT_KIND__COMMITTED:
        case EKIDEN__EVENT_KIND__REHEARSED:
                hear_end(event, outcome);
                break;
        case EKIDEN__EVENT_KIND__FAILED:
                outcome->is_over = true;
                outcome->was_for_rehearsal = event->rehearse;
                outcome->code = event->refusal->code;
                outcome->phase = (int)event->refusal->phase;
                snprintf(outcome->sentence, sizeof(outcome->sentence), "%s",
                         event->refusal->sentence);
                break;
        default:
                break;
        }
}

static struct outcome listen_to_end(const struct service *service, const char *binary,
                                    const char *step, const char *fault, int leave_in,
                                    bool rehearse)
{
        struct ek_link *link = connect_to(service);
        struct outcome outcome = {0};

        if (!link)
                return outcome;
        ask(link, binary, step, fault, rehearse);
        while (!outcome.is_over && !(leave_in && outcome.phase == leave_in)) {
                ProtobufCMessage *message;
                struct ek_frame frame;

                if (ek_link_receive(link, &patience, &frame) < 0 ||
                    frame.kind != EKIDEN__FRAME_KIND__EVENT ||
                    ek_frame_message(&frame, &ekiden__event__descriptor, &message) < 0)
                        break;
                hear((const Ekiden__Event *)message, &outcome);
                protobuf_c_message_free_unpacked(message, NULL);
        }
        ek_link_free(link);
        return outcome;
}

struct outcome operator_upgrade(const struct service *service, const char *binary, const char *step,
                                const char *fault, int leave_in)
{
        return listen_to_end(service, binary, step, fault, leave_in, false);
}

struct outcome operator_rehearse(const struct service *service, const char *binary,
                                 const char *step, const char *fault, int leave_in)
{
        return listen_to_end(service, binary, step, fault, leave_in, true);
}

/* User and system time of a process, in clock ticks (proc(5), fields 14 and 15 of stat). */
static long processor_time(pid_t pid)
{
        unsigned long user = 0, system = 0;
        char path[64];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        file = fopen(path, "re");
        if (!file)
                return -1;
        if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                   &system) != 2)
                user = system = 0;
        fclose(file);
        return (long)(user + system);
}

long operator_chatter(const struct service *service, const char *puppet)
{
        struct ek_link *link = connect_to(service);
        long before, after;

        if (!link)
                return -1;
        ask(link, puppet, "warm", "hang", false);
        usleep(300000);
        before = processor_time(service->pid);
        for (int i = 0; i < 10; i++)
                (void)send(ek_link_socket(link), "and another thing", 17, MSG_NOSIGNAL);
        usleep(500000);
        after = processor_time(service->pid);
        ek_link_free(link);
        return after - before;
}

void operator_ask_and_leave(const struct service *service, const char *binary)
{
        struct ek_link *link = connect_to(service);

        if (link)
                ask(link, binary, NULL, NULL, false);
        ek_link_free(link);
}
