/* SPDX-License-Identifier: MIT */
/*
 * Target "control": what an operator may say on the control socket, in two pieces. He is answered
 * with sound events and let go, whatever he said. No upgrade begins: the linker sends that call
 * here.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/control.pb-c.h"
#include "entry/control.h"
#include "entry/process.h"
#include "entry/upgrade.h"
#include "garden_program.h"
#include "garden_v1.ekiden.h"
#include "handover/predecessor.h"
#include "peer.h"

int __wrap_ek_control_accept(void);
int __wrap_ek_predecessor_begin(const struct ek_predecessor_setup *setup,
                                const struct ek_upgrade_request *request,
                                struct ekiden_error *error);

static int arriving = -1; /* the operator who connects next */
static unsigned int begun; /* upgrades that were asked for */

int __wrap_ek_control_accept(void)
{
        int socket = arriving;

        arriving = -1;
        return socket;
}

int __wrap_ek_predecessor_begin(const struct ek_predecessor_setup *setup,
                                const struct ek_upgrade_request *request,
                                struct ekiden_error *error)
{
        (void)setup;
        expect(request->binary[0] == '/');
        for (char *const *argument = request->arguments; argument && *argument; argument++)
                expect(strlen(*argument) < SIZE_MAX);
        begun++;
        target_succeeded();
        if (strlen(request->binary) % 2)
                return 0; /* it is under way */
        return ekiden_error_set(error, EKIDEN_EBINARY, "%.100s is no binary", request->binary);
}

static void start_process(void)
{
        static char *arguments[] = {(char *)"garden", NULL};

        ek_process.pid = getpid();
        ek_process.schema = &garden_v1;
        ek_process.origin = (struct ek_origin){
                .arguments = arguments, .argument_count = 1, .binary = (char *)"/bin/garden"};
        ek_process.setup = (struct ek_predecessor_setup){.schema = &garden_v1,
                                                         .origin = &ek_process.origin,
                                                         .deadlines = &ek_process.deadlines,
                                                         .leg = 1};
}

/* Every EVENT can be read; a snapshot's frames may lie between them. */
static void read_events(int peer)
{
        struct ek_link *link;
        struct ek_frame frame;

        expect(ek_link_new(peer, &link) == 0);
        while (ek_link_receive(link, NULL, &frame) == 0) {
                ProtobufCMessage *event;

                if (frame.kind != EKIDEN__FRAME_KIND__EVENT)
                        continue;
                expect(ek_frame_message(&frame, &ekiden__event__descriptor, &event) == 0);
                protobuf_c_message_free_unpacked(event, NULL);
        }
        ek_link_free(link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct ekiden_error called_off = {.code = EKIDEN_ECANCELLED,
                                                .sentence = "it was called off"};
        size_t half = size / 2;
        int peer, before = open_descriptors();

        start_process();
        expect(garden_program_tag(1) == EKIDEN_FRESH);
        begun = 0;
        peer_sockets(&arriving, &peer);
        peer_send(peer, data, half);
        ek_control_attend("loop");
        peer_send(peer, data + half, size - half);
        ek_control_attend("loop");
        peer_end(peer);
        /* What he says out of turn is read away, a little each time (a frame, where descriptors
           come with it), until he is seen to have left. */
        for (size_t i = 0; i < 2 + size / EK_FRAME_HEADER_SIZE; i++)
                ek_control_attend("loop");
        expect(begun <= 1);
        if (ek_upgrade_operator())
                ek_control_failed(&called_off);
        read_events(peer);
        garden_program_end();
        expect(open_descriptors() == before);
        return 0;
}
