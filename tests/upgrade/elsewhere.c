/* SPDX-License-Identifier: MIT */
/*
 * A successor that somebody else starts, for a predecessor that cannot: it takes over as any other
 * does, and whatever it, or who started it, does wrong, the predecessor serves on.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/pair.h"
#include "handover/spawn.h"
#include "handover/token.h"
#include "party.h"

#define DEADLINE_MS 8000
#define SHORT_DEADLINE_MS 1500

static const struct ek_wait patience = {.idle_ms = 30000};

/* Who asks for it, and starts it. */
struct starter {
        struct service service;
        struct answer before;
        struct ek_link *asked;
        struct ek_token token;
        int ours, theirs; /* the predecessor's end, and the successor's */
        pid_t successor;
};

static int room(int socket)
{
        int size = 0;

        cr_assert_eq(getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &(socklen_t){sizeof(size)}),
                     0);
        return size;
}

Test(pair, that_anybody_makes_carries_more_than_other_sockets_and_does_not_survive_an_exec)
{
        struct ekiden_error error = {0};
        int usual[2], ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, usual), 0);
        cr_assert_eq(ek_pair_make(ends, &error), 0, "%s", error.sentence);
        for (int i = 0; i < 2; i++) {
                if (geteuid() == 0) /* for others it is the system's limit */
                        cr_expect_gt(room(ends[i]), room(usual[i]));
                else
                        cr_expect_geq(room(ends[i]), room(usual[i]));
                cr_expect_neq(fcntl(ends[i], F_GETFD) & FD_CLOEXEC, 0);
                close(ends[i]);
                close(usual[i]);
        }
}

static struct starter prepare(unsigned int deadline_ms)
{
        struct starter starter = {.service = service_start(PROBE_V1, deadline_ms)};
        int ends[2];

        starter.before = service_ask(&starter.service);
        starter.asked = party_connect(&starter.service, "probe");
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        starter.ours = ends[0];
        starter.theirs = ends[1];
        cr_assert_eq(ek_token_draw(&starter.token, NULL), 0);
        starter.token.is_given = true;
        return starter;
}

static void ask(struct starter *starter, Ekiden__UpgradeRequest *upgrade)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = 5;
        request.upgrade = upgrade;
        upgrade->binary = (char *)(uintptr_t)PROBE_V2;
        cr_assert_eq(ek_link_send_message(starter->asked, EKIDEN__FRAME_KIND__REQUEST,
                                          &request.base, &patience),
                     0);
}

/* They go with the request, which might find nobody any more if they were refused before it. */
static void give(struct starter *starter, const int *descriptors, size_t count)
{
        cr_assert_eq(ek_link_queue_descriptors(starter->asked, descriptors, count, &patience), 0);
}

static void offer(struct starter *starter)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        give(starter, &starter->ours, 1);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter->token);
        ask(starter, &upgrade);
        close(starter->ours);
        party_hear_phase(starter->asked, EKIDEN_PHASE_CHECK);
}

static void start(struct starter *starter, const char *binary, const char *step, const char *fault)
{
        char token[EK_TOKEN_TEXT_SIZE];

        ek_token_write(&starter->token, token);
        starter->successor = fork();
        cr_assert_geq(starter->successor, 0);
        if (starter->successor == 0) {
                dup2(starter->theirs, EK_HANDOVER_SOCKET);
                setenv(EK_HANDOVER_VARIABLE, token, 1);
                execl(binary, binary, step, fault, NULL);
                _exit(127);
        }
        close(starter->theirs);
}

static void expect_serves_on(struct starter *starter)
{
        struct answer after = service_ask(&starter->service);

        cr_expect_eq(after.pid, starter->before.pid, "it does not serve on");
        cr_expect_eq(after.asked, starter->before.asked + 1, "it has lost state");
        starter->before = after;
}

static void finish(struct starter *starter)
{
        party_leave(starter->asked);
        service_stop(&starter->service);
}

static void expect_failure(struct starter *starter, int code)
{
        char sentence[512];
        int told = party_hear_failure(starter->asked, sentence);

        cr_expect_eq(told, code, "%s: %s", ekiden_error_name(told), sentence);
        expect_serves_on(starter);
}

Test(elsewhere, a_successor_that_somebody_else_starts_takes_over, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;
        struct answer after;

        offer(&starter);
        start(&starter, PROBE_V2, NULL, NULL);
        event = party_hear(starter.asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        cr_expect_eq(event->successor_pid, starter.successor);
        ekiden__event__free_unpacked(event, NULL);
        cr_expect(wait_until_gone(starter.before.pid));
        after = service_ask(&starter.service);
        cr_expect_eq(after.pid, starter.successor);
        cr_expect_eq(after.version, 2);
        cr_expect_eq(after.asked, starter.before.asked + 1);
        finish(&starter);
}

static unsigned int umask_of(pid_t pid)
{
        unsigned int mask = 07777;
        char path[48], line[128];
        FILE *status;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        status = fopen(path, "re");
        cr_assert(status);
        while (fgets(line, sizeof(line), status))
                if (sscanf(line, "Umask: %o", &mask) == 1)
                        break;
        fclose(status);
        return mask;
}

/* The umask is in OFFER, and so are the capabilities, which are taken at the same place. */
Test(elsewhere, the_successor_keeps_the_umask_of_who_started_it, .timeout = 60)
{
        mode_t before = umask(0);
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;

        offer(&starter);
        umask(0027);
        start(&starter, PROBE_V2, NULL, NULL);
        umask(before);
        event = party_hear(starter.asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        ekiden__event__free_unpacked(event, NULL);
        cr_expect_eq(umask_of(starter.successor), 0027, "it is %04o", umask_of(starter.successor));
        finish(&starter);
}

/* The event of phase CHECK, of a process that was started with these two arguments. */
static Ekiden__Event *hear_check(struct starter *starter, const char *first, const char *second,
                                 bool tell)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Event *event;

        party_ask_upgrade(starter->asked, PROBE_V2, first, second, false, 0);
        event = party_hear(starter->asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        starter->service.pid = event->successor_pid;
        ekiden__event__free_unpacked(event, NULL);
        party_leave(starter->asked);
        starter->before = service_ask(&starter->service);
        starter->asked = party_connect(&starter->service, "probe");
        give(starter, &starter->ours, 1);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter->token);
        upgrade.has_tell_arguments = upgrade.tell_arguments = tell;
        ask(starter, &upgrade);
        event = party_hear(starter->asked, EKIDEN__EVENT_KIND__PHASE);
        cr_assert(event);
        cr_assert_eq(event->phase, EKIDEN_PHASE_CHECK);
        return event;
}

static void finish_unstarted(struct starter *starter, Ekiden__Event *event)
{
        ekiden__event__free_unpacked(event, NULL);
        close(starter->ours);
        close(starter->theirs);
        expect_failure(starter, EKIDEN_EPEER);
        finish(starter);
}

/* And whoever starts the process with others may choose any bytes as well. */
Test(elsewhere, who_is_to_start_it_hears_what_the_process_was_started_with, .timeout = 60)
{
        static const char latin[] = "caf\xe9", empty[] = "";
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event = hear_check(&starter, latin, empty, true);

        cr_assert_eq(event->n_arguments, 2);
        cr_assert_eq(event->arguments[0].len, strlen(latin));
        cr_expect_arr_eq(event->arguments[0].data, latin, strlen(latin));
        cr_expect_eq(event->arguments[1].len, 0);
        cr_expect_not(event->arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, who_does_not_ask_for_the_arguments_hears_none, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event = hear_check(&starter, "a", "b", false);

        cr_expect_eq(event->n_arguments, 0);
        cr_expect_not(event->has_arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, arguments_that_are_too_long_to_be_told_are_left_out, .timeout = 60)
{
        static char text[100001];
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;

        memset(text, 'x', sizeof(text) - 1);
        event = hear_check(&starter, text, text, true);
        cr_expect_eq(event->n_arguments, 0);
        cr_expect(event->arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, whatever_it_does_wrong_the_predecessor_serves_on, .timeout = 300)
{
        static const char *const steps[] = {"check", "warm", "transfer", "ready", "commit"};
        static const char *const faults[] = {"kill", "exit", "close"};

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
                        struct starter starter = prepare(DEADLINE_MS);

                        offer(&starter);
                        start(&starter, PUPPET, steps[i], faults[k]);
                        expect_failure(&starter, EKIDEN_EPEER);
                        kill(starter.successor, SIGKILL);
                        cr_expect(wait_until_gone(starter.successor));
                        finish(&starter);
                }
}

Test(elsewhere, one_that_hangs_is_ended, .timeout = 60)
{
        struct starter starter = prepare(SHORT_DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "ready", "hang");
        expect_failure(&starter, EKIDEN_ETIMEOUT);
        cr_expect(wait_until_gone(starter.successor));
        finish(&starter);
}

Test(elsewhere, where_nobody_starts_one_the_deadline_ends_the_wait, .timeout = 60)
{
        struct starter starter = prepare(SHORT_DEADLINE_MS);

        offer(&starter);
        expect_failure(&starter, EKIDEN_ETIMEOUT);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, one_that_has_another_token_is_none, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "anywhere", "forge");
        expect_failure(&starter, EKIDEN_EPROTOCOL);
        kill(starter.successor, SIGKILL);
        cr_expect(wait_until_gone(starter.successor));
        finish(&starter);
}

/* Somebody who has nothing to do with it. */
static pid_t start_bystander(void)
{
        pid_t pid = fork();

        cr_assert_geq(pid, 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        pause();
        }
        return pid;
}

static void expect_unharmed(pid_t bystander)
{
        siginfo_t info = {.si_pid = 0};

        usleep(100000); /* what would harm it has been done, or is about to be */
        cr_expect_eq(waitid(P_PID, (id_t)bystander, &info, WEXITED | WNOHANG | WNOWAIT), 0);
        cr_expect_eq(info.si_pid, 0, "it was ended");
        kill(bystander, SIGKILL);
        waitpid(bystander, NULL, 0);
}

/* As the kernel would say it of that process; root alone may say so (unix(7)). */
static void send_as(int socket, pid_t pid, uint16_t kind, const ProtobufCMessage *message)
{
        const struct ucred credentials = {.pid = pid, .uid = geteuid(), .gid = getegid()};
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(struct ucred))];
        } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(credentials)),
                                .cmsg_level = SOL_SOCKET,
                                .cmsg_type = SCM_CREDENTIALS}};
        uint8_t header[EK_FRAME_HEADER_SIZE], payload[1024];
        size_t size = protobuf_c_message_get_packed_size(message);
        struct iovec parts[] = {{header, sizeof(header)}, {payload, size}};
        struct msghdr all = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

        cr_assert_leq(size, sizeof(payload));
        protobuf_c_message_pack(message, payload);
        ek_frame_header_write(header, kind, payload, (uint32_t)size);
        memcpy(CMSG_DATA(&control.header), &credentials, sizeof(credentials));
        cr_assert_eq(sendmsg(socket, &all, 0), (ssize_t)(sizeof(header) + size));
}

/* HELLO, as of that process; with another token, or with the one of this handover. */
static void say_hello_as(struct ek_link *handover, pid_t pid, bool is_forged)
{
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        Ekiden__SchemaId *known[1];
        const Ekiden__Offer *offer;
        ProtobufCMessage *message;
        struct ek_frame frame;

        cr_assert_eq(ek_link_receive(handover, &patience, &frame), 0);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__offer__descriptor, &message), 0);
        offer = (const Ekiden__Offer *)message;
        known[0] = offer->schema;
        hello.protocol = offer->protocol;
        hello.program = offer->program;
        hello.version = offer->schema->version;
        hello.known = known;
        hello.n_known = 1;
        hello.has_token = 1;
        hello.token = offer->token;
        hello.token.data[0] ^= is_forged;
        send_as(ek_link_socket(handover), pid, EKIDEN__FRAME_KIND__HELLO, &hello.base);
        protobuf_c_message_free_unpacked(message, NULL);
}

static void stop(pid_t pid)
{
        char path[32], text[512];
        ssize_t size = 0;

        kill(pid, SIGSTOP);
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        for (int i = 0; i < 3000 && !(size > 0 && strstr(text, ") T ")); i++) {
                int file = open(path, O_RDONLY | O_CLOEXEC);

                size = read(file, text, sizeof(text) - 1);
                text[size > 0 ? size : 0] = '\0';
                close(file);
                usleep(1000);
        }
}

static struct starter prepare_as_root(void)
{
        if (geteuid() != 0)
                cr_skip_test("only root may speak for another process");
        return prepare(DEADLINE_MS);
}

Test(elsewhere, who_does_not_know_the_token_is_not_ended, .timeout = 60)
{
        pid_t bystander = start_bystander(); /* it has no end of the pair */
        struct starter starter = prepare_as_root();
        struct ek_link *handover;

        offer(&starter);
        cr_assert_eq(ek_link_new(starter.theirs, &handover), 0);
        say_hello_as(handover, bystander, true);
        expect_failure(&starter, EKIDEN_EPROTOCOL);
        expect_unharmed(bystander);
        ek_link_free(handover);
        finish(&starter);
}

/* By then its PID may be another's. */
Test(elsewhere, who_has_closed_its_end_is_not_ended, .timeout = 60)
{
        pid_t bystander = start_bystander(); /* it has no end of the pair */
        struct starter starter = prepare_as_root();
        struct pollfd offered = {.events = POLLIN};
        struct ek_link *handover;

        offer(&starter);
        offered.fd = starter.theirs;
        cr_assert_eq(ek_link_new(starter.theirs, &handover), 0);
        cr_assert_eq(poll(&offered, 1, 30000), 1);
        stop(starter.before.pid);
        say_hello_as(handover, bystander, false);
        ek_link_free(handover);
        kill(starter.before.pid, SIGCONT);
        expect_failure(&starter, EKIDEN_EPEER);
        expect_unharmed(bystander);
        finish(&starter);
}

Test(elsewhere, when_who_started_it_leaves_it_is_called_off, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "warm", "hang");
        party_hear_phase(starter.asked, EKIDEN_PHASE_WARM);
        party_leave(starter.asked);
        cr_expect(wait_until_gone(starter.successor));
        expect_serves_on(&starter);
        service_stop(&starter.service);
}

/* With a token and a descriptor, and a PID that is to be kept; or without one of them. */
static void expect_refused(bool has_token, size_t count, bool keeps_pid, int code)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        const int descriptors[] = {starter.ours, starter.theirs};

        if (count > 0)
                give(&starter, descriptors, count);
        upgrade.has_given = has_token;
        upgrade.given = ek_token_field(&starter.token);
        upgrade.has_keep_pid = upgrade.keep_pid = keeps_pid;
        ask(&starter, &upgrade);
        expect_failure(&starter, code);
        close(starter.ours);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, a_request_that_makes_no_sense_is_refused, .timeout = 60)
{
        expect_refused(true, 0, false, EKIDEN_EPROTOCOL);
        expect_refused(true, 2, false, EKIDEN_EPROTOCOL);
        expect_refused(false, 1, false, EKIDEN_EPROTOCOL);
        expect_refused(true, 1, true, EKIDEN_EINVAL);
}

static void expect_no_pair(int descriptor)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        give(&starter, &descriptor, 1);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter.token);
        ask(&starter, &upgrade);
        close(descriptor);
        expect_failure(&starter, EKIDEN_EINVAL);
        close(starter.ours);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, what_is_no_end_of_a_pair_is_refused, .timeout = 60)
{
        int datagrams[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagrams), 0);
        expect_no_pair(open("/dev/null", O_RDWR | O_CLOEXEC));
        expect_no_pair(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        expect_no_pair(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        expect_no_pair(datagrams[0]);
        close(datagrams[1]);
}
