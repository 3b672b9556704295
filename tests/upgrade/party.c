/* SPDX-License-Identifier: MIT */
/* See party.h. */
#include "party.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <criterion/criterion.h>

#include "wire/arguments.h"
#include "wire/cleanup.h"

static const struct ek_wait patience = {.idle_ms = 30000};

struct ek_link *party_connect(const struct service *service, const char *program)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ek_link *link;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.%d", service->directory,
                 program, (int)service->pid);
        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0,
                     "nobody listens on %s", address.sun_path);
        cr_assert_eq(ek_link_new(fd, &link), 0);
        return link;
}

void party_leave(struct ek_link *party)
{
        ek_link_free(party);
}

static void ask(struct ek_link *party, Ekiden__Request *request)
{
        request->protocol = 1;
        cr_assert_eq(
                ek_link_send_message(party, EKIDEN__FRAME_KIND__REQUEST, &request->base, &patience),
                0);
}

static void ask_for(struct ek_link *party, Ekiden__UpgradeRequest *upgrade, const char *binary,
                    const char *step, const char *fault)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        char *texts[] = {(char *)(uintptr_t)step, (char *)(uintptr_t)fault};
        ek_auto_free ProtobufCBinaryData *arguments = NULL;

        request.upgrade = upgrade;
        upgrade->binary = (char *)(uintptr_t)binary;
        if (step) {
                upgrade->has_replace_arguments = upgrade->replace_arguments = 1;
                upgrade->arguments = arguments = ek_arguments_fill(texts, 2);
                upgrade->n_arguments = 2;
        }
        ask(party, &request);
}

void party_ask_upgrade(struct ek_link *party, const char *binary, const char *step,
                       const char *fault, bool wait, uint32_t timeout_ms)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        upgrade.has_wait = wait;
        upgrade.wait = wait;
        upgrade.has_timeout_ms = timeout_ms > 0;
        upgrade.timeout_ms = timeout_ms;
        ask_for(party, &upgrade, binary, step, fault);
}

void party_ask_rehearsal(struct ek_link *party, const char *binary, const char *step,
                         const char *fault)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        upgrade.has_rehearse = upgrade.rehearse = 1;
        ask_for(party, &upgrade, binary, step, fault);
}

void party_ask_verification(struct ek_link *party, const char *binary, const char *step,
                            const char *fault)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        upgrade.has_verify = upgrade.verify = 1;
        ask_for(party, &upgrade, binary, step, fault);
}

void party_ask_wait(struct ek_link *party)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        Ekiden__WaitRequest wait = EKIDEN__WAIT_REQUEST__INIT;

        request.wait = &wait;
        ask(party, &request);
}

void party_ask_cancel(struct ek_link *party)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        Ekiden__CancelRequest cancel = EKIDEN__CANCEL_REQUEST__INIT;

        request.cancel = &cancel;
        ask(party, &request);
}

void party_ask_status(struct ek_link *party, uint32_t watch_ms)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        Ekiden__StatusRequest status = EKIDEN__STATUS_REQUEST__INIT;

        request.status = &status;
        status.has_watch_ms = watch_ms > 0;
        status.watch_ms = watch_ms;
        ask(party, &request);
}

static Ekiden__Event *hear_any(struct ek_link *party)
{
        ProtobufCMessage *message;
        struct ek_frame frame;

        if (ek_link_receive(party, &patience, &frame) < 0)
                return NULL;
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__EVENT);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__event__descriptor, &message), 0);
        return (Ekiden__Event *)message;
}

Ekiden__Event *party_hear(struct ek_link *party, Ekiden__EventKind kind)
{
        for (;;) {
                Ekiden__Event *event = hear_any(party);

                if (!event || event->kind == kind)
                        return event;
                ekiden__event__free_unpacked(event, NULL);
        }
}

void party_hear_phase(struct ek_link *party, enum ekiden_phase phase)
{
        for (;;) {
                Ekiden__Event *event = party_hear(party, EKIDEN__EVENT_KIND__PHASE);
                uint32_t begun;

                cr_assert(event, "phase %s never began", ekiden_phase_name(phase));
                begun = event->phase;
                ekiden__event__free_unpacked(event, NULL);
                if (begun == phase)
                        return;
        }
}

int party_hear_failure(struct ek_link *party, char ret_sentence[512])
{
        Ekiden__Event *event = party_hear(party, EKIDEN__EVENT_KIND__FAILED);
        int code;

        cr_assert(event && event->refusal, "it did not fail");
        code = event->refusal->code;
        if (ret_sentence)
                snprintf(ret_sentence, 512, "%s", event->refusal->sentence);
        ekiden__event__free_unpacked(event, NULL);
        return code;
}

Ekiden__Event *party_status(const struct service *service, const char *program, uint32_t watch_ms)
{
        struct ek_link *party = party_connect(service, program);
        Ekiden__Event *event;

        party_ask_status(party, watch_ms);
        event = party_hear(party, EKIDEN__EVENT_KIND__STATUS);
        cr_assert(event && event->status, "no status was told");
        party_leave(party);
        return event;
}
