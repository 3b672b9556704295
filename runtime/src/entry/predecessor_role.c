/* SPDX-License-Identifier: MIT */
/* See predecessor_role.h. */
#include "entry/predecessor_role.h"

#include <string.h>

#include "ekiden/control.pb-c.h"
#include "entry/control_protocol.h"
#include "entry/roles.h"
#include "state/transfer.h"

#define ANSWER_MS 1000 /* of one process */
#define ANSWER_MAX (UINT32_C(1) << 20) /* bytes */

static char wanted[EKIDEN_NAME_MAX + 1];

int ek_predecessor_role_split(char *value, struct ekiden_error *error)
{
        char *colon = strchr(value, ':');
        size_t length = colon ? strlen(colon + 1) : 0;

        wanted[0] = '\0';
        if (!colon)
                return 0;
        if (length == 0 || length > EKIDEN_NAME_MAX)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "EKIDEN_PREDECESSOR is \"%.63s\", and behind the colon "
                                        "should be the name of a role",
                                        value);
        memcpy(wanted, colon + 1, length + 1);
        *colon = '\0';
        return 0;
}

const char *ek_predecessor_role_wanted(void)
{
        return wanted;
}

int ek_predecessor_role_check(const char *role, struct ekiden_error *error)
{
        if (!wanted[0] || strcmp(ek_role_said(role), wanted) == 0)
                return 0;
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "this process is to succeed one of role \"%s\", and its "
                                "predecessor is of role \"%s\"",
                                wanted, ek_role_said(role));
}

static int receive_status(struct ek_link *link, const struct ek_wait *wait)
{
        ProtobufCMessage *unpacked;
        const Ekiden__Event *event;
        struct ek_frame frame;
        int r = ek_link_receive(link, wait, &frame);

        if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__EVENT)
                r = EKIDEN_EPROTOCOL;
        if (r == 0)
                r = ek_frame_message(&frame, &ekiden__event__descriptor, &unpacked);
        if (r < 0)
                return r;
        event = (const Ekiden__Event *)unpacked;
        if (event->kind == EKIDEN__EVENT_KIND__STATUS && event->status)
                r = strcmp(ek_role_said(event->status->role), wanted) == 0;
        else
                r = EKIDEN_EPROTOCOL; /* it is the one answer to that question */
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

int ek_predecessor_role_ask(int socket, uint64_t until_ns)
{
        const struct ek_wait wait = {.idle_ms = ANSWER_MS, .until_ns = until_ns};
        Ekiden__StatusRequest status = EKIDEN__STATUS_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        struct ek_link *link;
        int r = ek_link_new(socket, &link);

        if (r < 0)
                return r;
        ek_link_limit(link, ANSWER_MAX);
        request.protocol = EK_CONTROL_PROTOCOL;
        request.status = &status;
        r = ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request.base, &wait);
        if (r == 0)
                r = receive_status(link, &wait);
        ek_link_free(link);
        return r;
}
