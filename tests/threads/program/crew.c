/* SPDX-License-Identifier: MIT */
/*
 * A program of many threads: crew [--hold] KIND:NAME… It answers on a TCP port, printed at start,
 * by a line of JSON for each connection; the line that it is sent may be "ask", "free" or "stick".
 * Its schema is the probe's, so that the puppet can be its successor.
 */
#include "crew.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "probe_v1.ekiden.h"

#define LOG_MAX 65536

typedef Probe__V1__Counter Counter;
typedef Probe__V1__Record Record;

static size_t member_count;
static char lines[LOG_MAX]; /* of the log, the main thread's */

static void keep_line(void *data, enum ekiden_log_level level, const char *message)
{
        size_t length = strlen(lines);

        (void)data;
        if (level >= EKIDEN_LOG_WARNING && length + strlen(message) + 2 < sizeof(lines))
                sprintf(lines + length, "%s|", message);
}

static void add_member(const char *argument)
{
        struct member *member = &members[member_count++];
        const char *colon = strchr(argument, ':');

        for (member->kind = kinds; colon && member->kind->name; member->kind++)
                if (strncmp(member->kind->name, argument, (size_t)(colon - argument)) == 0 &&
                    member->kind->name[colon - argument] == '\0')
                        break;
        if (!colon || !member->kind->name || member_count == MEMBERS_MAX) {
                fprintf(stderr, "crew: %s is no KIND:NAME\n", argument);
                exit(2);
        }
        snprintf(member->name, sizeof(member->name), "%s", colon + 1);
        snprintf(member->loop, sizeof(member->loop), "%.30s_loop", colon + 1);
        strcpy(member->stood, "-");
}

static int export_record(Record *record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == member_count)
                return 0;
        record->has_id = record->has_payload = 1;
        record->id = cursor->record;
        record->payload.len = sizeof(uint64_t);
        record->payload.data = ekiden_cursor_alloc(cursor, sizeof(uint64_t));
        if (!record->payload.data)
                return EKIDEN_ENOMEM;
        memcpy(record->payload.data, &members[cursor->record].passes, sizeof(uint64_t));
        return 1;
}

static int import_record(const Record *record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (record->id >= member_count || record->payload.len != sizeof(uint64_t))
                return ekiden_cursor_refuse(cursor, "there is no such member");
        memcpy(&members[record->id].passes, record->payload.data, sizeof(uint64_t));
        return 0;
}

static int listen_on_any(void)
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

static void answer(int client)
{
        static char reply[LOG_MAX + 16384];
        char line[64] = "";
        size_t length;

        if (recv(client, line, sizeof(line) - 1, 0) > 0 && strcmp(line, "free\n") == 0)
                __atomic_store_n(&is_stuck, 0, __ATOMIC_RELAXED);
        if (strcmp(line, "stick\n") == 0)
                __atomic_store_n(&is_stuck, 1, __ATOMIC_RELAXED);
        length = (size_t)sprintf(
                reply, "{\"pid\":%d,\"violations\":%llu,\"members\":{", (int)getpid(),
                page ? (unsigned long long)__atomic_load_n(&page->violations, __ATOMIC_RELAXED)
                     : 0ULL);
        for (size_t i = 0; i < member_count; i++) {
                const struct member *member = &members[i];
                uint64_t shown = __atomic_load_n(&member->shown, __ATOMIC_RELAXED);

                length += (size_t)sprintf(
                        reply + length,
                        "%s\"%s\":{\"passes\":%llu,\"resumed\":%d,\"stood\":\"%s\"}",
                        i > 0 ? "," : "", member->name, (unsigned long long)shown,
                        __atomic_load_n(&member->has_resumed, __ATOMIC_RELAXED), member->stood);
        }
        length += (size_t)sprintf(reply + length, "},\"log\":\"");
        for (const char *at = lines; *at; at++)
                reply[length++] = *at == '"' ? '\'' : *at;
        strcpy(reply + length, "\"}\n");
        if (send(client, reply, strlen(reply), MSG_NOSIGNAL) < 0)
                perror("send");
}

static void learn_where_they_stood(void)
{
        const struct ekiden_thread_stand *stands;
        size_t count = ekiden_predecessor_threads(&stands);

        for (size_t i = 0; i < count; i++)
                for (size_t j = 0; j < member_count; j++)
                        if (strcmp(stands[i].name, members[j].name) == 0)
                                snprintf(members[j].stood, sizeof(members[j].stood), "%s%s",
                                         stands[i].is_idle ? "idle " : "", stands[i].update_point);
}

static void start_members(void)
{
        for (size_t i = 0; i < member_count; i++)
                if (pthread_create(&members[i].thread, NULL, members[i].kind->run, &members[i]) !=
                            0 ||
                    pthread_detach(members[i].thread) != 0)
                        abort();
        for (size_t i = 0; i < member_count; i++)
                while (members[i].kind->is_prompt && sem_wait(&begun) < 0)
                        ;
}

static void share_page(void)
{
        const char *path = getenv("CREW_PAGE");
        int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

        if (fd < 0)
                return;
        page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page == MAP_FAILED)
                abort();
        close(fd);
}

int main(int argc, char **argv)
{
        static const struct probe_v1_records_functions functions = {
                .export_record = export_record,
                .import_record = import_record,
        };
        Counter counter = PROBE__V1__COUNTER__INIT;
        struct ekiden_error error;
        int began;

        for (int i = 1; i < argc; i++)
                add_member(argv[i]);
        ekiden_set_log(keep_line, NULL);
        if (getenv("CREW_STOP_MS"))
                ekiden_set_stop_deadline((unsigned int)atoi(getenv("CREW_STOP_MS")));
        if (ekiden_start(argc, argv, &probe_v1, &error) < 0) {
                fprintf(stderr, "crew: %s\n", error.sentence);
                return 1;
        }
        share_page();
        sem_init(&begun, 0, 0);
        began = probe_v1_tag_counter(&counter);
        if (began < 0 || probe_v1_tag_records(&functions, NULL) < 0)
                return 1;
        if (began == EKIDEN_FRESH)
                counter.listener = listen_on_any();
        leg = ++counter.asked;
        learn_where_they_stood();
        start_members();
        for (;;) {
                int client;

                ekiden_update_point("crew_loop");
                if (!await_input(counter.listener))
                        continue;
                client = accept4(counter.listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0 && errno == EINTR)
                        continue;
                if (client < 0)
                        abort();
                answer(client);
                close(client);
        }
}
