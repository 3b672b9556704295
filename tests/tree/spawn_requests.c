/* SPDX-License-Identifier: MIT */
/*
 * Requests for a successor that another process of the program is to fork, by somebody who is no
 * ekiden-upgrade, and whose words do not fit: nothing of it harms the process that is asked.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/control.pb-c.h"
#include "entry/control_protocol.h"
#include "handover/compatible.h"
#include "handover/token.h"
#include "lodge_v2.ekiden.h"
#include "wire/link.h"

static const struct ek_wait patience = {.idle_ms = 30000};

/* A lodge of version 2, and who asks it for a successor. */
struct asking {
        char directory[32];
        pid_t lodge;
        struct ek_link *link; /* to its control socket */
        struct ek_token token;
        int predecessors, successors; /* ends of the handover's socket pair */
};

static int connect_by(const struct asking *asking, const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int tries = 0;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", asking->directory, name);
        while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
                cr_assert_lt(++tries, 3000, "it does not start");
                usleep(10000);
        }
        return fd;
}

static struct ek_link *connect_to_process(const struct asking *asking, pid_t pid)
{
        struct ek_link *link;
        char name[32];

        snprintf(name, sizeof(name), "lodge.%d", (int)pid);
        cr_assert_eq(ek_link_new(connect_by(asking, name), &link), 0);
        return link;
}

static struct ek_link *connect_to(const struct asking *asking)
{
        return connect_to_process(asking, asking->lodge);
}

/* Flags of clone(2): it may be process 1 of a namespace. */
static struct asking begin_as(long flags, const char *argument)
{
        struct asking asking = {.directory = "/tmp/ekiden-lodge-XXXXXX"};
        char prefix[64];
        int ends[2];

        cr_assert(mkdtemp(asking.directory));
        snprintf(prefix, sizeof(prefix), "%s/l", asking.directory);
        setenv("EKIDEN_RUNTIME_DIR", asking.directory, 1);
        asking.lodge = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
        if (asking.lodge == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test fail */
                execl(LODGE_V2, LODGE_V2, prefix, argument, NULL);
                _exit(127);
        }
        asking.link = connect_to(&asking);
        cr_assert_eq(ek_token_draw(&asking.token, NULL), 0);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        asking.predecessors = ends[0];
        asking.successors = ends[1];
        return asking;
}

static struct asking begin_with(const char *argument)
{
        return begin_as(0, argument);
}

static struct asking begin(void)
{
        return begin_with(NULL);
}

static void end(struct asking *asking)
{
        char command[96];

        ek_link_free(asking->link);
        kill(asking->lodge, SIGKILL);
        waitpid(asking->lodge, NULL, 0);
        snprintf(command, sizeof(command), "rm -r %s", asking->directory);
        cr_assert_eq(system(command), 0);
}

static void give_end(struct asking *asking)
{
        cr_assert_eq(ek_link_send_descriptors(asking->link, &asking->successors, 1, &patience), 0);
        close(asking->successors);
}

static void ask(struct asking *asking, const char *role, size_t token_size, uint32_t protocol)
{
        Ekiden__SpawnRequest spawn = EKIDEN__SPAWN_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = protocol;
        request.spawn = &spawn;
        spawn.role = (char *)(uintptr_t)role;
        spawn.token = (ProtobufCBinaryData){token_size, asking->token.bytes};
        cr_assert_eq(ek_link_send_message(asking->link, EKIDEN__FRAME_KIND__REQUEST, &request.base,
                                          &patience),
                     0);
}

static Ekiden__Event *hear(struct ek_link *link)
{
        ProtobufCMessage *message;
        struct ek_frame frame;

        cr_assert_eq(ek_link_receive(link, &patience, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__EVENT);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__event__descriptor, &message), 0);
        return (Ekiden__Event *)message;
}

static void send_request(struct ek_link *link, const Ekiden__Request *request)
{
        cr_assert_eq(
                ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request->base, &patience),
                0);
}

/* And the lodge answers the next one. */
static void expect_answer(struct asking *asking)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        Ekiden__StatusRequest status = EKIDEN__STATUS_REQUEST__INIT;
        Ekiden__Event *event;

        ek_link_free(asking->link);
        asking->link = connect_to(asking);
        request.protocol = EK_CONTROL_PROTOCOL;
        request.status = &status;
        send_request(asking->link, &request);
        event = hear(asking->link);
        cr_assert_eq(event->kind, EKIDEN__EVENT_KIND__STATUS);
        cr_assert_eq(event->status->pid, asking->lodge);
        ekiden__event__free_unpacked(event, NULL);
}

/* Is refused, and the lodge answers the next one. */
static void expect_refusal(struct asking *asking, int code, const char *words)
{
        Ekiden__Event *event = hear(asking->link);

        cr_assert_eq(event->kind, EKIDEN__EVENT_KIND__FAILED);
        cr_assert_eq(event->refusal->code, code, "%s", event->refusal->sentence);
        cr_assert(strstr(event->refusal->sentence, words), "%s", event->refusal->sentence);
        ekiden__event__free_unpacked(event, NULL);
        expect_answer(asking);
        end(asking);
}

static pid_t expect_spawned(struct asking *asking)
{
        Ekiden__Event *event = hear(asking->link);
        pid_t pid;

        cr_assert_eq(event->kind, EKIDEN__EVENT_KIND__SPAWNED, "%s",
                     event->refusal ? event->refusal->sentence : "");
        cr_assert_gt(event->successor_pid, 0);
        cr_assert_neq(event->successor_pid, asking->lodge);
        pid = event->successor_pid;
        ekiden__event__free_unpacked(event, NULL);
        return pid;
}

/* The lodge waits for its children. */
static void expect_gone(pid_t child)
{
        int tries = 0;

        while (kill(child, 0) == 0) {
                cr_assert_lt(++tries, 3000, "it is left");
                usleep(10000);
        }
}

Test(spawn_request, without_an_end_of_a_socket_pair_is_refused)
{
        struct asking asking = begin();

        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_refusal(&asking, EKIDEN_EPROTOCOL, "socket pair");
}

Test(spawn_request, with_half_a_token_is_refused)
{
        struct asking asking = begin();

        give_end(&asking);
        ask(&asking, "session", EK_TOKEN_SIZE / 2, EK_CONTROL_PROTOCOL_GIVEN);
        expect_refusal(&asking, EKIDEN_EPROTOCOL, "token");
}

Test(spawn_request, for_a_role_that_is_not_its_to_start_is_refused)
{
        struct asking asking = begin();

        give_end(&asking);
        ask(&asking, "main", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_refusal(&asking, EKIDEN_EREFUSED, "\"main\"");
}

Test(spawn_request, for_a_role_that_nobody_has_declared_is_refused)
{
        struct asking asking = begin();

        give_end(&asking);
        ask(&asking, "janitor\n", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_refusal(&asking, EKIDEN_EREFUSED, "janitor");
}

Test(spawn_request, whose_predecessor_is_gone_ends_the_child)
{
        struct asking asking = begin();

        give_end(&asking);
        close(asking.predecessors);
        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_gone(expect_spawned(&asking));
        end(&asking);
}

Test(spawn_request, whose_child_comes_back_from_the_programs_function_ends_that)
{
        struct asking asking = begin_with("fault=back");

        give_end(&asking);
        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_gone(expect_spawned(&asking));
        end(&asking);
}

/* What the child says to its predecessor, which has made it this offer. */
static void expect_decline(struct asking *asking, const char *role, uint8_t first_of_token,
                           const char *words)
{
        Ekiden__SchemaId id = ek_schema_id(&lodge_v2);
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        struct ek_link *predecessor;
        ProtobufCMessage *message = NULL;
        struct ek_frame frame;
        const Ekiden__Refusal *refusal;

        cr_assert_eq(ek_link_new(asking->predecessors, &predecessor), 0);
        offer.protocol = EK_PROTOCOL;
        offer.program = (char *)(uintptr_t) "lodge";
        offer.schema = &id;
        offer.role = (char *)(uintptr_t)role;
        give_end(asking);
        ask(asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        expect_spawned(asking);
        asking->token.bytes[0] = first_of_token;
        offer.has_token = 1;
        offer.token = ek_token_field(&asking->token);
        cr_assert_eq(ek_link_send_message(predecessor, EKIDEN__FRAME_KIND__OFFER, &offer.base,
                                          &patience),
                     0);
        do
                cr_assert_eq(ek_link_receive(predecessor, &patience, &frame), 0);
        while (frame.kind == EKIDEN__FRAME_KIND__HELLO);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__REFUSAL);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__refusal__descriptor, &message), 0);
        refusal = (const Ekiden__Refusal *)message;
        cr_assert(strstr(refusal->sentence, words), "%s", refusal->sentence);
        protobuf_c_message_free_unpacked(message, NULL);
        ek_link_free(predecessor);
        end(asking);
}

Test(spawn_request, whose_predecessor_is_in_another_role_is_declined)
{
        struct asking asking = begin();

        expect_decline(&asking, "main", asking.token.bytes[0], "it is of role \"main\"");
}

Test(spawn_request, whose_predecessor_does_not_know_the_token_is_declined)
{
        struct asking asking = begin();
        uint8_t other = (uint8_t)(asking.token.bytes[0] ^ 1);

        expect_decline(&asking, "session", other, "is not the one that started this process");
}

/* The state and the parent of a process, as /proc has them. */
static char look_at(pid_t pid, int *ret_parent)
{
        char path[32], text[512] = "", state = '?';
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        file = fopen(path, "re");
        if (file) {
                char *end = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;

                if (end)
                        sscanf(end, ") %c %d", &state, ret_parent);
                fclose(file);
        }
        return state;
}

static unsigned int umask_of(pid_t pid)
{
        unsigned int mask = 07777;
        char path[48], line[128];
        FILE *status;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        status = fopen(path, "re");
        while (status && fgets(line, sizeof(line), status))
                if (sscanf(line, "Umask: %o", &mask) == 1)
                        break;
        if (status)
                fclose(status);
        return mask;
}

Test(spawn_request, whose_predecessor_offers_another_umask_leaves_the_child_its_own)
{
        Ekiden__SchemaId id = ek_schema_id(&lodge_v2);
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        struct ek_link *predecessor;
        struct ek_frame frame;
        struct asking asking;
        pid_t child;

        umask(0027);
        asking = begin();
        cr_assert_eq(ek_link_new(asking.predecessors, &predecessor), 0);
        offer.protocol = EK_PROTOCOL;
        offer.program = (char *)(uintptr_t) "lodge";
        offer.schema = &id;
        offer.role = (char *)(uintptr_t) "session";
        offer.has_umask = 1;
        offer.umask = 0;
        offer.has_token = 1;
        offer.token = ek_token_field(&asking.token);
        cr_assert_eq(ek_link_send_message(predecessor, EKIDEN__FRAME_KIND__OFFER, &offer.base,
                                          &patience),
                     0);
        give_end(&asking);
        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        child = expect_spawned(&asking);
        cr_assert_eq(ek_link_receive(predecessor, &patience, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__HELLO);
        cr_expect_eq(umask_of(child), 0027, "it is %04o", umask_of(child));
        ek_link_free(predecessor);
        end(&asking);
}

Test(spawn_request, that_nobody_waits_for_any_more_starts_nobody)
{
        struct asking asking = begin();
        int parent = 0, tries = 0;
        char path[64];
        FILE *children;

        expect_answer(&asking); /* so it is in its loop, and knows the connection that comes next */
        ek_link_free(asking.link);
        asking.link = connect_to(&asking);
        kill(asking.lodge, SIGSTOP);
        while (look_at(asking.lodge, &parent) != 'T' && ++tries < 3000)
                usleep(1000);
        give_end(&asking);
        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        ek_link_free(asking.link);
        asking.link = NULL;
        kill(asking.lodge, SIGCONT);
        expect_answer(&asking);
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)asking.lodge,
                 (int)asking.lodge);
        children = fopen(path, "re");
        cr_assert(children);
        cr_expect_eq(fgetc(children), EOF, "it has forked one");
        fclose(children);
        close(asking.predecessors);
        end(&asking);
}

Test(spawn_request, is_answered_with_the_pid_that_the_asker_sees)
{
        struct asking asking;
        int parent = 0;

        if (geteuid() != 0)
                cr_skip_test("only root makes a PID namespace");
        asking = begin_as(CLONE_NEWPID, NULL);
        give_end(&asking);
        ask(&asking, "session", EK_TOKEN_SIZE, EK_CONTROL_PROTOCOL_GIVEN);
        look_at(expect_spawned(&asking), &parent);
        cr_expect_eq(parent, asking.lodge, "it is another namespace's PID");
        close(asking.predecessors);
        end(&asking);
}

/* Whether the tool, which asks the session for an upgrade to this, should ask the lodge. */
static bool is_sent_to_the_lodge(const char *binary)
{
        struct asking asking = begin();
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        int guest = connect_by(&asking, "l.guests");
        struct ek_link *session;
        Ekiden__Event *event;
        char line[128] = "";
        bool is_sent;

        cr_assert_eq(send(guest, "ask\n", 4, 0), 4);
        cr_assert_gt(recv(guest, line, sizeof(line) - 1, 0), 0);
        session = connect_to_process(&asking, atoi(line));
        request.protocol = EK_CONTROL_PROTOCOL;
        request.upgrade = &upgrade;
        upgrade.binary = (char *)(uintptr_t)binary;
        send_request(session, &request);
        while ((event = hear(session))->kind == EKIDEN__EVENT_KIND__SEEN)
                ekiden__event__free_unpacked(event, NULL);
        cr_assert_eq(event->kind, EKIDEN__EVENT_KIND__FAILED);
        is_sent = event->spawned_by != NULL;
        ekiden__event__free_unpacked(event, NULL);
        ek_link_free(session);
        close(guest);
        close(asking.predecessors);
        close(asking.successors);
        end(&asking);
        return is_sent;
}

Test(spawn_request, is_what_a_session_sends_who_asks_it_for_an_upgrade_and_no_other_reason_is)
{
        cr_expect(is_sent_to_the_lodge(LODGE_V2));
        cr_expect_not(is_sent_to_the_lodge("no/absolute/path"));
}
