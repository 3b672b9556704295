/* SPDX-License-Identifier: MIT */
/*
 * Target "ahead": what a hostile predecessor may send ahead, to a successor that calls what a
 * program calls. Only COMMIT lets it serve, and nothing in a rehearsal.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/ahead_successor.h"
#include "handover/successor.h"
#include "peer.h"
#include "shelf_program.h"
#include "shelf_v1.ekiden.h"

static int be_successor(int socket, struct ekiden_error *error)
{
        static const struct ek_registry registry;
        static const struct ek_token token = {.bytes = "0123456789abcdef"};
        static const struct ek_successor_end nothing;
        int r = ek_successor_start(socket, &token, &shelf_v1, &registry, 0, error);

        if (r < 0)
                return r;
        if (shelf_program_tag() < 0) {
                expect(ek_successor_state() == EK_SUCCESSOR_FAILED);
                return EKIDEN_EREFUSED; /* the library has logged why */
        }
        return ek_successor_finish("loop", &nothing, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ekiden_error error = {0};
        int ours, peer, r, before = open_descriptors();
        mode_t mask = umask(022);

        peer_sockets(&ours, &peer);
        peer_send(peer, data, size);
        peer_end(peer);
        r = be_successor(ours, &error);
        umask(mask);
        expect(!ek_ahead_is_under_way());
        if (r < 0) {
                expect(ek_successor_state() == EK_SUCCESSOR_FAILED);
                if (error.code != 0)
                        expect_told(&error, r);
        } else if (ek_successor_state() == EK_SUCCESSOR_DISMISSED) {
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__DISMISS));
        } else {
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__COMMIT));
                target_succeeded();
        }
        shelf_program_end();
        close(peer);
        expect(open_descriptors() == before);
        return 0;
}
