/* SPDX-License-Identifier: MIT */
/*
 * Target "successor": what a hostile predecessor may say, from OFFER to COMMIT, to a process that
 * calls what a program calls. Only COMMIT lets it serve, and nothing in a rehearsal.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "entry/process.h"
#include "handover/successor.h"
#include "orchard_program.h"
#include "orchard_v1_to_v2.hop.h"
#include "peer.h"

/* All that a program does until it serves. Returns 0 if it does. */
static int be_successor(int socket, const struct ek_registry *registry, struct ekiden_error *error)
{
        static const struct ek_token token = {.bytes = "0123456789abcdef"};
        static const struct ek_successor_end nothing;
        const char *update_point;
        int r = ek_successor_start(socket, &token, &orchard_v2, registry, 0, error);

        if (r < 0)
                return r;
        expect(ek_successor_leg() > 1);
        if (orchard_program_tag(2) < 0) {
                expect(ek_successor_state() == EK_SUCCESSOR_FAILED);
                return EKIDEN_EREFUSED; /* the library has logged why */
        }
        update_point = ek_successor_update_point();
        if (!update_point)
                return EKIDEN_EREFUSED;
        expect(strnlen(update_point, EKIDEN_NAME_MAX + 1) <= EKIDEN_NAME_MAX);
        return ek_successor_finish("loop", &nothing, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ek_registry registry = {.count = 0};
        struct ekiden_error error = {0};
        int ours, peer, r, before = open_descriptors();
        mode_t mask = umask(022);

        expect(ek_registry_add(&registry, &orchard_v1_to_v2) == 0);
        peer_sockets(&ours, &peer);
        peer_send(peer, data, size);
        peer_end(peer);
        r = be_successor(ours, &registry, &error);
        umask(mask);
        if (r < 0) {
                expect(ek_successor_state() == EK_SUCCESSOR_FAILED);
                if (error.code != 0)
                        expect_told(&error, r);
        } else if (ek_successor_state() == EK_SUCCESSOR_DISMISSED) {
                expect(ek_successor_is_rehearsal());
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__DISMISS));
        } else {
                expect(ek_successor_state() == EK_SUCCESSOR_NONE);
                expect(!ek_successor_is_rehearsal());
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__COMMIT));
                target_succeeded();
        }
        orchard_program_end();
        close(peer);
        expect(open_descriptors() == before);
        return 0;
}
