/* SPDX-License-Identifier: MIT */
/*
 * Whatever goes wrong in a rehearsal, at whichever step and on whichever side: a successor that was
 * started for one never serves, and the predecessor is unharmed.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "footprint.h"
#include "handover/compatible.h"
#include "handover/spawn.h"
#include "handover/token.h"
#include "operator.h"
#include "probe_v2.ekiden.h"
#include "processes.h"
#include "wire/link.h"

extern char **environ;

static const struct ek_wait patience = {.idle_ms = 20000};

static void try_fault(const char *fault, int code, unsigned int deadline_ms)
{
        for (size_t i = 0; i < STEP_COUNT; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct footprint before;
                struct outcome outcome;

                service_warm_up(&service);
                service_set_deadlines(&service, &steps[i], deadline_ms);
                before = footprint_look(&service);
                outcome = operator_rehearse(&service, PUPPET, steps[i].name, fault, 0);
                cr_expect(outcome.is_over && !outcome.is_rehearsed && !outcome.is_committed,
                          "%s at %s", fault, steps[i].name);
                cr_expect_eq(outcome.code, code, "%s at %s: %s, %s", fault, steps[i].name,
                             ekiden_error_name(outcome.code), outcome.sentence);
                footprint_expect(&service, &before, steps[i].name);
                service_set_deadlines(&service, &steps[i], LONG_MS);
                service_expect_next_upgrade(&service, steps[i].name);
                service_stop(&service);
        }
}

Test(rehearsal_faults, a_successor_killed_at_any_step_harms_nothing, .timeout = 120)
{
        try_fault("kill", EKIDEN_EPEER, LONG_MS);
}

Test(rehearsal_faults, a_successor_that_closes_its_socket_at_any_step_harms_nothing, .timeout = 120)
{
        try_fault("close", EKIDEN_EPEER, LONG_MS);
}

Test(rehearsal_faults, a_successor_that_hangs_at_any_step_is_ended_at_the_deadline, .timeout = 120)
{
        try_fault("hang", EKIDEN_ETIMEOUT, SHORT_MS);
}

Test(rehearsal_faults, what_is_said_out_of_turn_ends_it_and_harms_nothing, .timeout = 120)
{
        static const struct {
                const char *step;
                int kind;
        } sayings[] = {
                {"check", EKIDEN__FRAME_KIND__LEAVING},    {"warm", EKIDEN__FRAME_KIND__LEAVING},
                {"transfer", EKIDEN__FRAME_KIND__LEAVING}, {"ready", EKIDEN__FRAME_KIND__LEAVING},
                {"ready", EKIDEN__FRAME_KIND__TAKEN},      {"commit", EKIDEN__FRAME_KIND__TAKEN},
                {"ready", EKIDEN__FRAME_KIND__READY},      {"commit", EKIDEN__FRAME_KIND__READY},
                {"commit", EKIDEN__FRAME_KIND__DISMISS},
        };
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;

        service_warm_up(&service);
        before = footprint_look(&service);
        for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
                char kind[16];
                struct outcome outcome;

                snprintf(kind, sizeof(kind), "%d", sayings[i].kind);
                outcome = operator_rehearse(&service, PUPPET, sayings[i].step, kind, 0);
                cr_expect_eq(outcome.code, EKIDEN_EPROTOCOL, "frame %s at %s: %s", kind,
                             sayings[i].step, outcome.sentence);
                service_settle_quietly(&service); /* one that looks for its leaks is slow to die */
                footprint_expect(&service, &before, sayings[i].step);
        }
        service_expect_next_upgrade(&service, "what was said out of turn");
        service_stop(&service);
}

Test(rehearsal_faults, an_operator_who_vanishes_at_any_step_calls_it_off, .timeout = 120)
{
        for (size_t i = 0; i < STEP_COUNT; i++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                int leave_in = steps[i].latest < EKIDEN_PHASE_COMMIT ? steps[i].latest
                                                                     : EKIDEN_PHASE_READY;
                struct footprint before;

                service_warm_up(&service);
                before = footprint_look(&service);
                operator_rehearse(&service, PUPPET, steps[i].name, "hang", leave_in);
                service_settle(&service);
                footprint_expect(&service, &before, steps[i].name);
                service_expect_next_upgrade(&service, steps[i].name);
                service_stop(&service);
        }
}

/* Whether anything is left that answers clients: a listener that nobody accepts from does not. */
static bool does_anybody_answer(int port)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        const struct timeval moment = {.tv_sec = 3};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char byte;
        bool answers;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
        answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                  send(fd, "ask\n", 4, MSG_NOSIGNAL) == 4 && recv(fd, &byte, 1, 0) > 0;
        close(fd);
        return answers;
}

/* The killed process's socket stays, as it could not be removed; the successor removes its own. */
static void expect_nobody_is_left(struct service *service, const char *phase)
{
        char path[128];

        for (int i = 0; i < 1000 && process_count_in(service->keeper, 0, NULL) != 0; i++)
                usleep(10000);
        cr_expect_eq(process_count_in(service->keeper, 0, NULL), 0,
                     "killed in %s: a process is left", phase);
        cr_expect_eq(count_sockets(service), 1, "killed in %s", phase);
        snprintf(path, sizeof(path), "%s/probe.%d", service->directory, (int)service->pid);
        unlink(path);
        cr_expect_eq(rmdir(service->directory), 0, "killed in %s: %s", phase, strerror(errno));
}

Test(rehearsal_faults, when_the_predecessor_is_killed_at_any_step_nobody_serves, .timeout = 120)
{
        for (int phase = EKIDEN_PHASE_CHECK; phase <= EKIDEN_PHASE_READY; phase++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                const char *name = ekiden_phase_name((enum ekiden_phase)phase);
                struct outcome outcome;
                char command[32];

                snprintf(command, sizeof(command), "die %s", name);
                service_tell(&service, command);
                outcome = operator_rehearse(&service, PROBE_V2, NULL, NULL, 0);
                cr_expect_not(outcome.is_over, "killed in %s", name);
                cr_expect(wait_until_gone(service.pid));
                cr_expect_not(does_anybody_answer(service.port), "killed in %s", name);
                expect_nobody_is_left(&service, name);
                service_end(&service);
        }
}

/* A predecessor that is spoken by hand, and has no item. */
struct conversation {
        struct ek_link *link;
        pid_t successor;
        pid_t maker; /* of the socket pair */
        char directory[64];
};

/* Made by another process, as by an operator's tool; it shares this one's table of descriptors. */
static pid_t make_pair(int ret_sockets[2])
{
        int *sockets = mmap(NULL, 2 * sizeof(int), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        long maker;

        cr_assert_neq(sockets, MAP_FAILED);
        sockets[1] = 0;
        maker = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
        cr_assert_geq(maker, 0);
        if (maker == 0) {
                alarm(60);
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0)
                        pause();
                _exit(1);
        }
        for (int i = 0; i < 2000 && *(volatile int *)&sockets[1] == 0; i++)
                usleep(1000);
        memcpy(ret_sockets, sockets, 2 * sizeof(int));
        munmap(sockets, 2 * sizeof(int));
        return (pid_t)maker;
}

static void end_maker(struct conversation *conversation)
{
        if (conversation->maker == 0)
                return;
        kill(conversation->maker, SIGKILL);
        waitpid(conversation->maker, NULL, 0);
        conversation->maker = 0;
}

static struct conversation converse(bool rehearse)
{
        struct conversation conversation = {.directory = "/tmp/ekiden-test-XXXXXX"};
        char *arguments[] = {(char *)(uintptr_t)PROBE_V2, NULL};
        posix_spawn_file_actions_t actions;
        Ekiden__SchemaId id = ek_schema_id(&probe_v2);
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        struct ek_token token = {.bytes = {7}};
        char value[EK_TOKEN_TEXT_SIZE];
        int sockets[2], executable = open(PROBE_V2, O_PATH | O_CLOEXEC);

        cr_assert(mkdtemp(conversation.directory));
        setenv("EKIDEN_RUNTIME_DIR", conversation.directory, 1);
        conversation.maker = make_pair(sockets);
        cr_assert_eq(ek_link_new(sockets[0], &conversation.link), 0);
        cr_assert_eq(ek_link_identify(conversation.link), 0);
        offer.protocol = EK_PROTOCOL;
        offer.program = (char *)(uintptr_t)probe_v2.program;
        offer.schema = &id;
        offer.has_rehearse = offer.rehearse = rehearse;
        offer.has_token = 1;
        offer.token = ek_token_field(&token);
        cr_assert_eq(ek_link_send_message(conversation.link, EKIDEN__FRAME_KIND__OFFER, &offer.base,
                                          &patience),
                     0);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, sockets[1], EK_HANDOVER_SOCKET);
        posix_spawn_file_actions_adddup2(&actions, executable, EK_HANDOVER_BINARY);
        ek_token_write(&token, value);
        setenv(EK_HANDOVER_VARIABLE, value, 1);
        cr_assert_eq(
                posix_spawn(&conversation.successor, PROBE_V2, &actions, NULL, arguments, environ),
                0);
        unsetenv(EK_HANDOVER_VARIABLE);
        posix_spawn_file_actions_destroy(&actions);
        close(sockets[1]);
        close(executable);
        return conversation;
}

static struct ek_frame hear(struct conversation *conversation)
{
        struct ek_frame frame = {0};

        cr_assert_eq(ek_link_receive(conversation->link, &patience, &frame), 0,
                     "the successor went away");
        return frame;
}

static void say(struct conversation *conversation, uint16_t kind, const ProtobufCMessage *message)
{
        if (message)
                (void)ek_link_send_message(conversation->link, kind, message, &patience);
        else
                (void)ek_link_send(conversation->link, kind, NULL, 0, &patience);
}

/* Until READY is there. */
static void hand_over_nothing(struct conversation *conversation)
{
        Ekiden__Paused paused = EKIDEN__PAUSED__INIT;
        struct ek_frame frame;

        cr_assert_eq(hear(conversation).kind, EKIDEN__FRAME_KIND__HELLO);
        cr_assert_eq(hear(conversation).kind, EKIDEN__FRAME_KIND__WARM);
        paused.update_point = (char *)"by hand";
        say(conversation, EKIDEN__FRAME_KIND__PAUSED, &paused.base);
        while ((frame = hear(conversation)).kind == EKIDEN__FRAME_KIND__PULL) {
                Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
                ProtobufCMessage *pull;

                cr_assert_eq(ek_frame_message(&frame, &ekiden__pull__descriptor, &pull), 0);
                absent.item = ((const Ekiden__Pull *)pull)->item;
                say(conversation, EKIDEN__FRAME_KIND__ABSENT, &absent.base);
                protobuf_c_message_free_unpacked(pull, NULL);
        }
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__READY);
}

/* Names in its directory, hidden ones too, that begin with a prefix. */
static size_t count_names(const struct conversation *conversation, const char *prefix)
{
        DIR *directory = opendir(conversation->directory);
        size_t count = 0;

        cr_assert(directory);
        for (struct dirent *entry; (entry = readdir(directory));)
                count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
        closedir(directory);
        return count;
}

/* It must have ended by itself, and have left nothing behind. */
static void expect_exit(struct conversation *conversation, int exit_status)
{
        int status = -1;

        for (int i = 0; i < 2000 && waitpid(conversation->successor, &status, WNOHANG) == 0; i++)
                usleep(10000);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == exit_status, "status %#x",
                  (unsigned int)status);
        if (status == -1)
                kill(conversation->successor, SIGKILL);
        ek_link_free(conversation->link);
        end_maker(conversation);
        cr_expect_eq(rmdir(conversation->directory), 0, "%s", strerror(errno));
}

static void expect_refusal(struct conversation *conversation, int code)
{
        struct ek_frame frame = hear(conversation);
        ProtobufCMessage *refusal;

        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__REFUSAL, "frame %u", frame.kind);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__refusal__descriptor, &refusal), 0);
        cr_expect_eq(((const Ekiden__Refusal *)refusal)->code, code);
        protobuf_c_message_free_unpacked(refusal, NULL);
}

Test(rehearsal_faults, a_dismissed_successor_shows_no_socket_and_leaves, .timeout = 60)
{
        struct conversation conversation = converse(true);

        hand_over_nothing(&conversation);
        cr_expect_eq(count_names(&conversation, "probe."), 0, "it can be found");
        cr_expect_eq(count_names(&conversation, ".probe."), 1);
        say(&conversation, EKIDEN__FRAME_KIND__DISMISS, NULL);
        cr_expect_eq(hear(&conversation).kind, EKIDEN__FRAME_KIND__LEAVING);
        cr_expect_eq(count_names(&conversation, ".probe."), 0, "its socket is left");
        expect_exit(&conversation, 0);
}

Test(rehearsal_faults, a_rehearsing_successor_takes_no_commit, .timeout = 60)
{
        struct conversation conversation = converse(true);

        hand_over_nothing(&conversation);
        say(&conversation, EKIDEN__FRAME_KIND__COMMIT, NULL);
        expect_refusal(&conversation, EKIDEN_EPROTOCOL);
        expect_exit(&conversation, 75);
}

Test(rehearsal_faults, a_successor_that_was_not_rehearsing_cannot_be_dismissed, .timeout = 60)
{
        struct conversation conversation = converse(false);

        hand_over_nothing(&conversation);
        say(&conversation, EKIDEN__FRAME_KIND__DISMISS, NULL);
        expect_refusal(&conversation, EKIDEN_EPROTOCOL);
        expect_exit(&conversation, 75);
}

Test(rehearsal_faults, that_who_made_the_socket_pair_has_ended_is_no_death_of_the_predecessor,
     .timeout = 60)
{
        struct conversation conversation = converse(false);

        hand_over_nothing(&conversation);
        end_maker(&conversation);
        shutdown(ek_link_socket(conversation.link), SHUT_RD); /* TAKEN finds nobody, … */
        say(&conversation, EKIDEN__FRAME_KIND__COMMIT, NULL);
        shutdown(ek_link_socket(conversation.link), SHUT_WR); /* … and no word of why */
        expect_exit(&conversation, 75);
}

Test(rehearsal_faults, a_predecessor_that_is_silent_after_ready_is_not_taken_over_from,
     .timeout = 60)
{
        struct conversation conversation = converse(true);

        hand_over_nothing(&conversation);
        shutdown(ek_link_socket(conversation.link), SHUT_RDWR);
        expect_exit(&conversation, 75);
}
