/* SPDX-License-Identifier: MIT */
/* Frames of a handover, with the peer's REFUSAL understood wherever one may come. */
#include <errno.h>
#include <string.h>

#include "state/transfer.h"
#include "utf8.h"

int ek_link_failed(int code, struct ekiden_error *error)
{
        switch (code) {
        case EKIDEN_EPEER:
                return ekiden_error_set(error, code, "the other process went away");
        case EKIDEN_ETIMEOUT:
                return ekiden_error_set(error, code,
                                        "the other process made no progress before "
                                        "the deadline of this phase");
        case EKIDEN_ECANCELLED:
                return ekiden_error_set(error, code, "the operator called the upgrade off");
        case EKIDEN_EPROTOCOL:
                return ekiden_error_set(error, code,
                                        "what the other process sent is damaged or is "
                                        "no Ekiden handover");
        case EKIDEN_ELIMIT:
                return ekiden_error_set(error, code,
                                        "a frame is larger than %u MiB; split the record, or let "
                                        "large values lie in an arena",
                                        EK_FRAME_PAYLOAD_MAX >> 20);
        case EKIDEN_ESYSTEM:
                return ekiden_error_set_errno(
                        error, code, errno,
                        "the handover's socket, or the snapshot's file, failed");
        default:
                return ekiden_error_set(error, code, "%s", ekiden_error_text(code));
        }
}

/* A sentence from the peer is text for people: control characters do not reach a terminal. Cut
   between characters, or an operator's tool could not read what it is told. */
static void copy_text(char *to, size_t size, const char *from)
{
        ek_utf8_copy_line(to, size, from ? from : "");
}

int ek_refused(const Ekiden__Refusal *refusal, struct ekiden_error *error)
{
        int code = refusal->code < 0 ? refusal->code : EKIDEN_EPROTOCOL;

        if (!error || error->code != 0)
                return code;
        error->code = code;
        error->phase =
                (enum ekiden_phase)(refusal->phase <= EKIDEN_PHASE_SERVE ? refusal->phase : 0);
        error->from_version = refusal->from_version;
        error->to_version = refusal->to_version;
        error->system_errno = refusal->system_errno;
        copy_text(error->item, sizeof(error->item), refusal->item);
        copy_text(error->field, sizeof(error->field), refusal->field);
        copy_text(error->sentence, sizeof(error->sentence),
                  refusal->sentence && refusal->sentence[0] ? refusal->sentence
                                                            : ekiden_error_text(code));
        return code;
}

static int read_refusal(const struct ek_frame *frame, struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int code = ek_frame_message(frame, &ekiden__refusal__descriptor, &unpacked);

        if (code < 0)
                return ek_link_failed(code, error);
        code = ek_refused((const Ekiden__Refusal *)unpacked, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return code;
}

int ek_receive(struct ek_link *link, const struct ek_wait *wait, struct ek_frame *ret_frame,
               struct ekiden_error *error)
{
        int r = ek_link_receive(link, wait, ret_frame);

        if (r < 0 && !wait && r == EKIDEN_ETIMEOUT)
                return r;
        if (r < 0)
                return ek_link_failed(r, error);
        if (ret_frame->kind == EKIDEN__FRAME_KIND__REFUSAL)
                return read_refusal(ret_frame, error);
        return 0;
}
