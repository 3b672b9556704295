/* SPDX-License-Identifier: MIT */
/*
 * Target "predecessor": what a hostile successor may say, from HELLO to TAKEN. No process is
 * started: the state machine is entered where it waits for HELLO. Only TAKEN lets it leave, and
 * after anything else the program has its state, and can be upgraded again. Where the successor
 * says LEAVING, it is a rehearsal with a verification.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "garden_program.h"
#include "garden_v1.ekiden.h"
#include "handover/predecessor_private.h"
#include "orchard_program.h"
#include "peer.h"

static const struct ek_deadlines deadlines = {
        .ms = {[EKIDEN_PHASE_CHECK] = 1000,
               [EKIDEN_PHASE_WARM] = 1000,
               [EKIDEN_PHASE_PAUSE] = 1000,
               [EKIDEN_PHASE_TRANSFER] = 100,
               [EKIDEN_PHASE_READY] = 1000,
               [EKIDEN_PHASE_COMMIT] = 1000},
};

/* Messages and structs, of two schemas: the library does not mind. */
static void tag_everything(void)
{
        garden_program.bed_count = 3;
        garden_program.gardener_count = 2;
        garden_program.descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
        expect(garden_program_tag(1) == EKIDEN_FRESH);
        expect(ekiden_untag("shed") == 0); /* the orchard has one, too */
        orchard_program_fill();
        expect(orchard_program_tag(1) == EKIDEN_FRESH);
}

static int be_predecessor(const uint8_t *data, size_t size, struct ekiden_error *error)
{
        const struct ek_origin origin = {.umask = 022};
        const struct ek_predecessor_setup setup = {
                .schema = &garden_v1, .origin = &origin, .deadlines = &deadlines, .leg = 1};
        int ours, peer, r;

        peer_sockets(&ours, &peer);
        peer_send(peer, data, size);
        peer_end(peer);
        ek_predecessor.setup = &setup;
        ek_predecessor.request = (struct ek_upgrade_request){
                .is_rehearsal = peer_says(data, size, EKIDEN__FRAME_KIND__LEAVING),
                .is_verified = peer_says(data, size, EKIDEN__FRAME_KIND__LEAVING),
        };
        ek_predecessor.report = (struct ek_upgrade_report){
                .is_rehearsal = ek_predecessor.request.is_rehearsal,
        };
        ek_predecessor.token = (struct ek_token){.bytes = "0123456789abcdef"};
        ek_predecessor.serial++;
        expect(ek_link_new(ours, &ek_predecessor.link) == 0);
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        r = ek_predecessor_step("loop", error);
        if (r == EK_STEP_COMMITTED) {
                ek_predecessor.link = ek_link_free(ek_predecessor.link);
                ek_predecessor.phase = EKIDEN_PHASE_NONE;
        }
        close(peer);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct orchard_program as_it_was;
        struct ekiden_error error = {0};
        int r, before = open_descriptors();

        tag_everything();
        as_it_was = orchard_program;
        r = be_predecessor(data, size, &error);
        expect(r < 0 || r == EK_STEP_COMMITTED || r == EK_STEP_REHEARSED);
        if (r == EK_STEP_COMMITTED) {
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__TAKEN));
                target_succeeded();
        }
        if (r == EK_STEP_REHEARSED)
                expect(peer_says(data, size, EKIDEN__FRAME_KIND__LEAVING));
        if (r < 0)
                expect_told(&error, r);
        expect(ek_predecessor_phase() == EKIDEN_PHASE_NONE);
        expect(memcmp(&as_it_was, &orchard_program, sizeof(as_it_was)) == 0);
        expect(garden_program.bed_count == 3 && garden_program.gardener_count == 2);
        ek_predecessor_forget();
        orchard_program_end();
        garden_program_end();
        close(garden_program.descriptor);
        expect(open_descriptors() == before);
        return 0;
}
