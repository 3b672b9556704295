/* SPDX-License-Identifier: MIT */
/*
 * A successor that speaks the handover by hand and goes wrong where it is told to: puppet STEP HOW.
 * HOW is kill, exit, hang, close (the socket is closed, the process lives on), linger (it hangs,
 * and once it is killed its parent is not told for a while), ignore (it knows no rehearsal), forge
 * or forget (it answers with another token, or with none), or a number: of a kind of frame that it
 * says there, before it goes on.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "wire/link.h"

#define HANDOVER_SOCKET 3
#define PATIENCE_MS 20000
#define LINGER_S 3

static const struct ek_wait patience = {.idle_ms = PATIENCE_MS};
static struct ek_link *handover;
static const char *faulty_step, *fault;

static void hang(void)
{
        alarm(PATIENCE_MS / 1000); /* nobody waits for ever, not even here */
        for (;;)
                pause();
}

/* Who traces a process is told first of its end, and its parent when he has gone (ptrace(2)). */
static void linger(void)
{
        const pid_t puppet = getpid();
        int ready[2];
        char byte;
        pid_t tracer;

        if (pipe(ready) < 0)
                _exit(5);
        tracer = fork();
        if (tracer == 0) {
                ek_link_free(handover);
                if (read(ready[0], &byte, 1) == 1 && ptrace(PTRACE_SEIZE, puppet, NULL, NULL) == 0)
                        sleep(LINGER_S);
                _exit(0);
        }
        prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
        if (tracer < 0 || write(ready[1], "x", 1) != 1)
                _exit(5);
        hang();
}

static void send_message(uint16_t kind, const ProtobufCMessage *message)
{
        int r = message ? ek_link_send_message(handover, kind, message, &patience)
                        : ek_link_send(handover, kind, NULL, 0, &patience);

        if (r < 0)
                _exit(7);
}

/* Out of turn, but in its form. */
static void say(uint16_t kind)
{
        Ekiden__Ready ready = EKIDEN__READY__INIT;
        Ekiden__Taken taken = EKIDEN__TAKEN__INIT;

        ready.update_point = (char *)"puppet";
        taken.pid = getpid();
        send_message(kind, kind == EKIDEN__FRAME_KIND__READY   ? &ready.base
                           : kind == EKIDEN__FRAME_KIND__TAKEN ? &taken.base
                                                               : NULL);
}

static void at(const char *step)
{
        if (strcmp(step, faulty_step) != 0)
                return;
        if (strcmp(fault, "kill") == 0)
                raise(SIGKILL);
        if (strcmp(fault, "exit") == 0)
                _exit(3);
        if (strcmp(fault, "close") == 0)
                handover = ek_link_free(handover);
        if (strcmp(fault, "linger") == 0)
                linger();
        if (strcmp(fault, "ignore") == 0)
                return;
        if (atoi(fault) > 0) {
                say((uint16_t)atoi(fault));
                return;
        }
        hang();
}

static struct ek_frame receive(uint16_t kind)
{
        struct ek_frame frame;

        if (ek_link_receive(handover, &patience, &frame) < 0)
                _exit(9);
        if (kind != 0 && frame.kind != kind)
                _exit(8);
        return frame;
}

/* It claims to be whatever was offered. */
static void say_hello(const Ekiden__Offer *offer)
{
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        Ekiden__SchemaId *known[] = {offer->schema};

        hello.protocol = offer->protocol;
        hello.program = offer->program;
        hello.version = offer->schema->version;
        hello.known = known;
        hello.n_known = 1;
        hello.has_rehearse = hello.rehearse = offer->rehearse && strcmp(fault, "ignore") != 0;
        hello.has_token = offer->has_token;
        hello.token = offer->token;
        if (strcmp(fault, "forge") == 0)
                hello.token.data[0] ^= 1;
        if (strcmp(fault, "forget") == 0)
                hello.has_token = 0;
        send_message(EKIDEN__FRAME_KIND__HELLO, &hello.base);
}

static void pull_records(uint32_t version)
{
        Ekiden__Pull pull = EKIDEN__PULL__INIT;
        char message[32];

        snprintf(message, sizeof(message), "probe.v%u.Record", version);
        pull.item = (char *)"records";
        pull.message = message;
        send_message(EKIDEN__FRAME_KIND__PULL, &pull.base);
        receive(EKIDEN__FRAME_KIND__ITEM);
        receive(EKIDEN__FRAME_KIND__BATCH);
        at("transfer");
        while (receive(0).kind != EKIDEN__FRAME_KIND__END)
                ;
}

int main(int argc, char **argv)
{
        const Ekiden__Offer *offer;
        ProtobufCMessage *message;
        struct ek_frame frame;

        if (argc != 3 || ek_link_new(HANDOVER_SOCKET, &handover) < 0)
                return 2;
        faulty_step = argv[1];
        fault = argv[2];
        at("check");
        frame = receive(EKIDEN__FRAME_KIND__OFFER);
        if (ek_frame_message(&frame, &ekiden__offer__descriptor, &message) < 0)
                return 6;
        offer = (const Ekiden__Offer *)message;
        say_hello(offer);
        at("warm");
        send_message(EKIDEN__FRAME_KIND__WARM, NULL);
        at("pause");
        receive(EKIDEN__FRAME_KIND__PAUSED);
        pull_records(offer->schema->version);
        at("ready");
        say(EKIDEN__FRAME_KIND__READY);
        receive(offer->rehearse ? EKIDEN__FRAME_KIND__DISMISS : EKIDEN__FRAME_KIND__COMMIT);
        at("commit");
        say(offer->rehearse ? EKIDEN__FRAME_KIND__LEAVING : EKIDEN__FRAME_KIND__TAKEN);
        at("serve");
        protobuf_c_message_free_unpacked(message, NULL);
        ek_link_free(handover);
        return 0;
}
