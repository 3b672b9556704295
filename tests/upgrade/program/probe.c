/* SPDX-License-Identifier: MIT */
/*
 * A server that tells on itself: for each line "ask" it answers PID, schema version, how often it
 * was asked, bytes of heap in use, open descriptors and records held. It is built in several
 * variants, good and bad (see meson.build), which the tests upgrade into one another.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "variant.h"

#define RECORDS 3000
#define PAYLOAD 400 /* bytes: about 1.2 MB in all, five batches */

static char shut_down_in[32]; /* phase in which the log callback breaks the handover's socket */
static char die_in[32]; /* phase in which it kills the process */

struct records {
        uint64_t count;
};

/* Callbacks run while an item is on its way: neither another nor the same may come or go then. */
static bool items_are_fixed(void)
{
        static int32_t value;

        return ekiden_untag("counter") == EKIDEN_ESTATE &&
               ekiden_tag_int32("late", &value) == EKIDEN_ESTATE;
}

static int export_record(Record *record, struct ekiden_cursor *cursor, void *data)
{
        const struct records *records = data;

        if (!items_are_fixed())
                return ekiden_cursor_refuse(cursor, "an item came or went during the export");
        if (cursor->record == records->count)
                return 0;
        record->has_id = 1;
        record->id = cursor->record;
        record->has_payload = 1;
        record->payload.len = PAYLOAD;
        record->payload.data = ekiden_cursor_alloc(cursor, PAYLOAD);
        if (!record->payload.data)
                return EKIDEN_ENOMEM;
        memset(record->payload.data, (int)(cursor->record & 0xff), PAYLOAD);
        return 1;
}

static int import_record(const Record *record, struct ekiden_cursor *cursor, void *data)
{
        struct records *records = data;

        if (!items_are_fixed())
                return ekiden_cursor_refuse(cursor, "an item came or went during the import");
        if (record->id != records->count || record->payload.len != PAYLOAD ||
            record->payload.data[PAYLOAD - 1] != (uint8_t)(record->id & 0xff))
                return ekiden_cursor_refuse(cursor, "it is not the record that was sent");
        records->count++;
        return 0;
}

static uint64_t count_records(void *data)
{
        return ((const struct records *)data)->count;
}

static const struct RECORDS_FUNCTIONS functions = {
        .count = count_records,
        .export_record = export_record,
        .import_record = import_record,
};

/* The socket that is neither the listener nor a control socket: the handover's. */
static void break_handover_socket(void)
{
        for (int fd = 3; fd < 256; fd++) {
                struct sockaddr_storage address;
                socklen_t size = sizeof(address);
                int type = 0;
                socklen_t type_size = sizeof(type);

                if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 &&
                    getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
                    address.ss_family == AF_UNIX) {
                        struct sockaddr_storage own;
                        socklen_t own_size = sizeof(own);

                        /* An accepted control connection has a name, a socket pair has none. */
                        if (getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
                            own_size <= sizeof(sa_family_t))
                                shutdown(fd, SHUT_RDWR);
                }
        }
}

static void on_log(void *data, enum ekiden_log_level level, const char *message)
{
        static const char prefix[] = "upgrade: phase ";

        (void)data;
        if (strncmp(message, prefix, sizeof(prefix) - 1) == 0) {
                const char *phase = message + sizeof(prefix) - 1;

                if (strcmp(phase, shut_down_in) == 0)
                        break_handover_socket();
                if (strcmp(phase, die_in) == 0)
                        raise(SIGKILL);
        }
        if (getenv("PROBE_LOG"))
                fprintf(stderr, "probe %d: %d %s\n", (int)getpid(), (int)level, message);
}

static char permits[16] = "yes"; /* "permit WORD": what it says to whoever wants to upgrade it */
static bool was_asked_by_signal;

static int permit(void *data, const struct ekiden_request *request, struct ekiden_error *error)
{
        (void)data;
        if (strcmp(permits, "yes") == 0)
                return 0;
        if (strcmp(permits, "late") == 0 && !request->is_pausing)
                return 0;
        if (strcmp(permits, "late") == 0)
                return ekiden_error_set(error, EKIDEN_EREFUSED, "%s has come too late for user %d",
                                        request->binary, (int)request->user);
        if (strcmp(permits, "busy") == 0)
                return ekiden_error_set(error, EKIDEN_EBUSY, "come back at night");
        if (strcmp(permits, "signal") == 0) {
                if (request->user != (uid_t)-1 || request->pid != 0)
                        abort();
                was_asked_by_signal = true;
        }
        if (strcmp(permits, "no") != 0)
                return -1;
        return ekiden_error_set(error, EKIDEN_EREFUSED, "not %s, says user %d, process %d, %s",
                                request->binary, (int)request->user, (int)request->pid,
                                request->is_rehearsal ? "rehearsal" : "upgrade");
}

static int listen_somewhere(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                abort();
        printf("%d\n", ntohs(address.sin_port));
        fflush(stdout);
        return fd;
}

static int count_descriptors(void)
{
        int count = 0;

        for (int fd = 0; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

/* What a program must not do after ekiden_start(): it closes all that it does not know, and what it
   opens next gets the library's numbers. */
static void close_unknown(int listener, int client)
{
        for (int fd = 3; fd < 256; fd++)
                if (fd != listener && fd != client)
                        close(fd);
        for (int i = 0; i < 8; i++) {
                int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

                if (fd < 0 || listen(fd, 1) < 0)
                        abort();
        }
        ekiden_wake();
}

/* "deadline PHASE MS", the phase as its number. */
static void change_deadline(const char *text)
{
        int phase, timeout_ms;

        if (sscanf(text, "%d %d", &phase, &timeout_ms) != 2 || phase < EKIDEN_PHASE_CHECK ||
            phase > EKIDEN_PHASE_COMMIT || timeout_ms < 1 ||
            ekiden_set_deadline((enum ekiden_phase)phase, (unsigned int)timeout_ms) < 0)
                abort();
}

static void answer(int client, Counter *counter, const struct records *records)
{
        char line[64] = "";
        char reply[128];
        ssize_t n = recv(client, line, sizeof(line) - 1, 0);

        if (n > 0 && strncmp(line, "break ", 6) == 0) {
                line[strcspn(line, "\n")] = '\0';
                snprintf(shut_down_in, sizeof(shut_down_in), "%.31s", line + 6);
        }
        if (n > 0 && strncmp(line, "die ", 4) == 0) {
                line[strcspn(line, "\n")] = '\0';
                snprintf(die_in, sizeof(die_in), "%.31s", line + 4);
        }
        if (n > 0 && strncmp(line, "deadline ", 9) == 0)
                change_deadline(line + 9);
        if (n > 0 && strncmp(line, "permit ", 7) == 0) {
                line[strcspn(line, "\n")] = '\0';
                snprintf(permits, sizeof(permits), "%.15s", line + 7);
        }
        if (n > 0 && strcmp(line, "close\n") == 0)
                close_unknown(counter->listener, client);
        counter->asked++;
        snprintf(reply, sizeof(reply), "%d %d %llu %zu %d %llu\n", (int)getpid(), SCHEMA_VERSION,
                 (unsigned long long)counter->asked, mallinfo2().uordblks, count_descriptors(),
                 was_asked_by_signal ? 1000000 : (unsigned long long)records->count);
        if (send(client, reply, strlen(reply), MSG_NOSIGNAL) < 0)
                perror("send");
}

static void serve(Counter *counter, const struct records *records)
{
        for (;;) {
                int client;

                ekiden_update_point("serve");
                client = accept4(counter->listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0 && errno == EINTR)
                        continue;
                if (client < 0)
                        abort();
                answer(client, counter, records);
                close(client);
        }
}

/* PROBE_CHECK: "upgrade" refuses always, "rehearsal" refuses in a rehearsal alone, "mute" without a
   reason. */
static int check(void *data, struct ekiden_error *error)
{
        const struct records *records = data;
        const char *how = getenv("PROBE_CHECK");

        if (!items_are_fixed())
                return ekiden_error_set(error, EKIDEN_EREFUSED, "an item came or went");
        if (!how || (strcmp(how, "rehearsal") == 0 && !ekiden_is_rehearsal()))
                return 0;
        if (strcmp(how, "mute") == 0)
                return -1;
        return ekiden_error_set(error, EKIDEN_ELIMIT,
                                "%llu records are more than there is room for",
                                (unsigned long long)records->count);
}

static void set_deadlines(void)
{
        const char *text = getenv("PROBE_DEADLINE_MS");

        for (int phase = EKIDEN_PHASE_CHECK; text && phase <= EKIDEN_PHASE_COMMIT; phase++)
                if (ekiden_set_deadline((enum ekiden_phase)phase, (unsigned int)atoi(text)) < 0)
                        abort();
}

/* What a successor must not do: become a daemon after ekiden_start(), and then look at no error. */
static void fork_late(int beginning)
{
        if (beginning == EKIDEN_RESUMED && getenv("PROBE_FORK") && fork() > 0)
                _exit(0);
}

static void choose_snapshot(void)
{
        if (ekiden_set_snapshot("") != EKIDEN_EINVAL || ekiden_set_snapshot("/no/such") < 0 ||
            ekiden_set_snapshot(getenv("PROBE_SNAPSHOT")) < 0)
                abort();
}

int main(int argc, char **argv)
{
        static Counter counter = COUNTER_INIT;
        struct records records = {0};
        struct ekiden_error error;
        int r;

        ekiden_set_log(on_log, NULL);
        ekiden_set_check(check, &records);
        ekiden_set_permit(permit, NULL);
        set_deadlines();
        add_hops();
        choose_snapshot();
        r = ekiden_start(argc, argv, &SCHEMA, &error);
        if (r < 0) {
                fprintf(stderr, "probe: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        if (ekiden_set_snapshot("/too/late") != EKIDEN_ESTATE || getenv("EKIDEN_SNAPSHOT"))
                abort();
        fork_late(r);
        counter.listener = -1;
        if (TAG_COUNTER(&counter) == EKIDEN_FRESH || ekiden_is_restored())
                counter.listener = listen_somewhere();
        if (r == EKIDEN_RESUMED && getenv("PROBE_FORGET"))
                serve(&counter, &records);
        r = TAG_RECORDS(&functions, &records);
        if (r == EKIDEN_FRESH)
                records.count = RECORDS;
        if (r < 0 && !getenv("PROBE_FORK"))
                return 1;
        serve(&counter, &records);
}
