/* SPDX-License-Identifier: MIT */
/* See operator.h; idl/ekiden/control.proto is what is spoken. */
#include "operator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "clock.h"
#include "ekiden/control.pb-c.h"
#include "entry/control_path.h"
#include "measure.h"
#include "wire/link.h"

#define PROTOCOL 1
#define PATIENCE_MS 60000

static const struct ek_wait patience = {.idle_ms = PATIENCE_MS};

static struct ek_link *connect_to(const struct server *server)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ek_link *link;

        if (ek_control_path(getenv("EKIDEN_RUNTIME_DIR"), server->program, server->pid, false,
                            address.sun_path, NULL) < 0 ||
            connect(connection, (struct sockaddr *)&address, sizeof(address)) < 0)
                fail("cannot connect to %s: %s", address.sun_path, strerror(errno));
        if (ek_link_new(connection, &link) < 0)
                fail("memory ran out");
        return link;
}

static void send_request(struct ek_link *link, const char *binary)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        upgrade.binary = (char *)(uintptr_t)binary;
        request.protocol = PROTOCOL;
        request.upgrade = &upgrade;
        if (ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request.base, &patience) < 0)
                fail("the request could not be sent");
}

static Ekiden__Event *receive_event(struct ek_link *link)
{
        ProtobufCMessage *event;
        struct ek_frame frame;
        int r = ek_link_receive(link, &patience, &frame);

        if (r == 0)
                r = ek_frame_message(&frame, &ekiden__event__descriptor, &event);
        if (r < 0)
                fail("no event came: %s", ekiden_error_text(r));
        return (Ekiden__Event *)event;
}

/* Waits for the last event: the pid of the successor. */
static pid_t wait_for_commit(struct ek_link *link, struct upgrade_figures *figures)
{
        for (;;) {
                Ekiden__Event *event = receive_event(link);
                Ekiden__EventKind kind = event->kind;
                pid_t successor = event->successor_pid;

                if (kind == EKIDEN__EVENT_KIND__FAILED)
                        fail("the upgrade failed: %s",
                             event->refusal ? event->refusal->sentence : "no reason was given");
                figures->pause_us = (double)event->pause_us;
                figures->records = event->records;
                figures->bytes = event->bytes;
                figures->descriptors = event->descriptors;
                ekiden__event__free_unpacked(event, NULL);
                if (kind == EKIDEN__EVENT_KIND__COMMITTED)
                        return successor;
        }
}

void operator_upgrade(struct server *server, const char *binary,
                      struct upgrade_figures *ret_figures)
{
        uint64_t began = clock_ns();
        struct ek_link *link = connect_to(server);
        pid_t successor;

        send_request(link, binary);
        successor = wait_for_commit(link, ret_figures);
        ret_figures->total_us = microseconds_since(began);
        ek_link_free(link);
        server_succeed(server, successor);
}
