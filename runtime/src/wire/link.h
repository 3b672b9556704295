/* SPDX-License-Identifier: MIT */
/*
 * A link carries frames, and descriptors beside them, over one connected UNIX stream socket: the
 * handover's socket pair, or an operator's connection. It reads and writes in the calling thread;
 * where it must wait, a private libuv loop watches the socket, the deadline and the operator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <protobuf-c/protobuf-c.h>

#include <ekiden/error.h>

#include "wire/frame.h"

struct ek_link;

/* Most descriptors in one frame: the kernel's limit for one message, SCM_MAX_FD (unix(7)). */
#define EK_DESCRIPTORS_MAX 253

struct ek_frame {
        uint16_t kind;
        const uint8_t *payload; /* the link's; valid until its next receive */
        size_t size;
};

/* A wait that has lasted so long is worth telling of, … */
#define EK_LINGER_MS 20
#define EK_LINGER_AGAIN_MS 250 /* … and so is each further while */

/** How long a call may wait, and what ends the wait. */
struct ek_wait {
        unsigned int idle_ms; /* without a byte read or written; any progress renews it */
        uint64_t until_ns; /* absolute (ek_now_ns()), whatever the progress; 0: none */
        struct ek_link
                *operator_; /* when its peer closes, the wait ends with ECANCELLED; or NULL */
        /* Called in each wait of over EK_LINGER_MS, and each EK_LINGER_AGAIN_MS from then on; its
           error, if it is one, ends the wait. NULL: nobody */
        int (*linger)(void *data, uint64_t waited_ms);
        void *data;
};

/** Where much is done and nothing ever waits: whether a wait would end. 0, ETIMEOUT (the moment of
    `until_ns` has come), ECANCELLED. */
int ek_wait_is_over(const struct ek_wait *wait);

/** Makes a link of a connected socket, which it consumes, on failure too. 0 or ENOMEM, ESYSTEM. */
int ek_link_new(int socket, struct ek_link **ret_link);

/**
 * Makes a link of a regular file or memfd, which it consumes, on failure too: frames are written
 * and read where the file's offset stands, no call waits, the end of the file is EPEER, and no
 * descriptor can be sent. 0, EINVAL (another kind of file), ENOMEM, ESYSTEM.
 */
int ek_link_new_file(int file, struct ek_link **ret_link);

/** As writev(2); where the file would become larger than the process may make one (RLIMIT_FSIZE),
    errno is EFBIG, and no signal ends the process. */
ssize_t ek_file_write(int file, const struct iovec *parts, int count);

bool ek_link_is_file(const struct ek_link *link);

/** Reads on from this offset of the file, bytes: 0, EINVAL (not a file), ESYSTEM. */
int ek_link_seek(struct ek_link *link, uint64_t offset);

/** Where in the file the next frame begins that is received. */
uint64_t ek_link_offset(const struct ek_link *link);

/** Closes the socket and every descriptor that was received and not taken. NULL is allowed. */
struct ek_link *ek_link_free(struct ek_link *link);

/** In a forked child, before a link of the parent's is freed. NULL is allowed. */
void ek_link_after_fork(struct ek_link *link);

static inline void ek_link_cleanup(struct ek_link **link)
{
        ek_link_free(*link);
}

#define ek_auto_link __attribute__((cleanup(ek_link_cleanup)))

/** Refuses frames with a larger payload than this; EK_FRAME_PAYLOAD_MAX if never called. */
void ek_link_limit(struct ek_link *link, uint32_t payload_max_bytes);

/** From now on what passes is secret: buffers are wiped before they are freed. NULL is allowed. */
void ek_link_keep_secret(struct ek_link *link);

/** Whether a frame was sent in part, after an error: then nothing more can be. */
bool ek_link_is_torn(const struct ek_link *link);

/** From now on the kernel says who sends: 0 or ESYSTEM (unix(7), SO_PASSCRED). */
int ek_link_identify(struct ek_link *link);

/** The PID of who sent last, by the kernel's word; 0: not known. */
pid_t ek_link_sender(const struct ek_link *link);

/** The user of whoever has sent anything, by the kernel's word, if that is one user all along;
    otherwise false. */
bool ek_link_sender_user(const struct ek_link *link, uid_t *ret_user);

/** The socket, borrowed. */
int ek_link_socket(const struct ek_link *link);

/**
 * Prepares all that waiting needs, so that the first wait does not pay for it.
 *
 * @param operator_  that the waits will watch, or NULL
 * @return 0, ENOMEM, ESYSTEM
 */
int ek_link_prepare(struct ek_link *link, const struct ek_link *operator_);

/**
 * Sends a frame.
 *
 * @param wait  NULL: do not wait, and answer ETIMEOUT where it would be needed. The frame is lost
 *              then; frames that were queued before it are not, unless ek_link_is_torn()
 * @return 0, EPEER (it closed), ETIMEOUT, ECANCELLED, ELIMIT (over EK_FRAME_PAYLOAD_MAX), ESYSTEM
 */
int ek_link_send(struct ek_link *link, uint16_t kind, const void *payload, size_t size_bytes,
                 const struct ek_wait *wait);

/**
 * Sends the beginning of a run of frames that were put together elsewhere (outbox.h), without a
 * wait. Until the whole run has been sent, the link is torn.
 *
 * @return how many bytes, or ETIMEOUT (there is no room), EPEER, ESYSTEM
 */
ssize_t ek_link_send_part(struct ek_link *link, const uint8_t *frames, size_t size_bytes);

/** Sends a message as a frame's payload. As ek_link_send(), and ENOMEM. */
int ek_link_send_message(struct ek_link *link, uint16_t kind, const ProtobufCMessage *message,
                         const struct ek_wait *wait);

/** Sends a DESCRIPTORS frame with 1 to EK_DESCRIPTORS_MAX descriptors, borrowed. As ek_link_send(),
    and EINVAL when their number is wrong or one of them is not open. */
int ek_link_send_descriptors(struct ek_link *link, const int *descriptors, size_t count,
                             const struct ek_wait *wait);

/**
 * As the functions above, but the frame may wait for the next one that is sent, for a flush, or
 * until the link would read. Descriptors must stay open until then.
 *
 * @param wait  for frames that find no room in the queue
 */
int ek_link_queue(struct ek_link *link, uint16_t kind, const void *payload, size_t size_bytes,
                  const struct ek_wait *wait);
int ek_link_queue_message(struct ek_link *link, uint16_t kind, const ProtobufCMessage *message,
                          const struct ek_wait *wait);
int ek_link_queue_descriptors(struct ek_link *link, const int *descriptors, size_t count,
                              const struct ek_wait *wait);

/** Sends what is queued. As ek_link_send(). */
int ek_link_flush(struct ek_link *link, const struct ek_wait *wait);

/** Sends what is queued, and holds back what is queued from now on: whatever would have it sent
    fails with ELIMIT. As ek_link_send(). */
int ek_link_hold(struct ek_link *link, const struct ek_wait *wait);

/** Ends that. `is_kept`: what was held back goes with the next frame that is sent; otherwise it is
    forgotten. */
void ek_link_let_go(struct ek_link *link, bool is_kept);

/**
 * Receives the next frame, its checksum verified.
 *
 * @param wait  NULL: do not wait
 * @return 0; ETIMEOUT (nothing there, without a wait), EPEER, ECANCELLED, EPROTOCOL, ELIMIT,
 * ENOMEM, ESYSTEM. After an error other than ETIMEOUT and ECANCELLED the link is of no more use.
 */
int ek_link_receive(struct ek_link *link, const struct ek_wait *wait, struct ek_frame *ret_frame);

/** The frame that was received last will be received again. */
void ek_link_unreceive(struct ek_link *link, const struct ek_frame *frame);

/** Whether answers may lie behind the one that is read, so that descriptors which nothing has told
    of are no error: ek_link_untaken() does not count any then. */
void ek_link_read_on(struct ek_link *link, bool reads_on);

/** Checks and unpacks a frame's payload with malloc(); as ek_message_unpack(). */
int ek_frame_message(const struct ek_frame *frame, const ProtobufCMessageDescriptor *descriptor,
                     ProtobufCMessage **ret_message);

/**
 * Takes the descriptors that came with a DESCRIPTORS frame.
 *
 * @param ret_descriptors  room for EK_DESCRIPTORS_MAX; the caller owns them on success
 * @return how many; EPROTOCOL when their number is not the frame's
 */
int ek_link_take_descriptors(struct ek_link *link, const struct ek_frame *frame,
                             int *ret_descriptors);

/**
 * Descriptors that were kept beside a file, in the order in which its frames tell of them.
 *
 * @param descriptors  borrowed for the link's life; NULL: none was kept
 */
void ek_link_keep_beside(struct ek_link *link, const int *descriptors, size_t count);

/** The number of the descriptor that the file's next DESCRIPTORS frame begins with, from 0. */
void ek_link_seek_beside(struct ek_link *link, uint64_t number);

/** A duplicate of the next one, which the caller owns; -1: it was not kept. ESYSTEM: it cannot be
    duplicated. */
int ek_link_next_beside(struct ek_link *link, bool close_on_exec, int *ret_descriptor);

/** How many bytes were received since the link was made. */
uint64_t ek_link_received(const struct ek_link *link);

/** How many descriptors were received and not taken. */
size_t ek_link_untaken(const struct ek_link *link);

/** Whether the peer has closed, or will send no more, whatever is still to be read. Does not wait.
 */
int ek_link_is_closed(const struct ek_link *link);
