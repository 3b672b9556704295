/* SPDX-License-Identifier: MIT */
/*
 * The server that the matrix upgrades. It listens at $SUBJECT_LISTENER. For a byte that a
 * client sends ("p" makes its deadlines long) it answers with a line that tells on it: PID, schema
 * version, how often it was asked, bytes of heap in use, open descriptors, and a sum over all else
 * of its state, which must be the same in every leg. Its threads (crowd.h) go on, or it does not
 * answer. It may have a child (child.h) that is all the same.
 *
 * Built as version 1, as version 2, and as a version 2 that refuses when it has all the state.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ekiden/arena.h>
#include <ekiden/ekiden.h>

#include "child.h"
#include "crowd.h"
#include "plan.h"
#include "subject_v1.native.h"
#include "subject_v2.native.h"

#if VERSION == 1
#define OF(name) Subject__V1__##name
#define FUNCTION(name) subject_v1_##name
#define SCHEMA subject_v1
#define COUNTER_INIT SUBJECT__V1__COUNTER__INIT
#else
#define OF(name) Subject__V2__##name
#define FUNCTION(name) subject_v2_##name
#define SCHEMA subject_v2
#define COUNTER_INIT SUBJECT__V2__COUNTER__INIT
#endif

#define RECORDS 1500
#define PAYLOAD 400 /* bytes: more than two batches */
#define PIPES 3
#define NODES 5
#define ENTRIES 100
#define LETTER 20000 /* bytes: some pages */
#define STOP_MS 10000 /* no fault makes a thread late by so much, and no machine */

struct pipe {
        int reading, writing;
};

static struct {
        OF(Counter) counter;
        uint64_t record_count, record_sum;
        struct pipe pipes[PIPES];
        size_t pipe_count;
        struct node ring; /* itself in the ring that it begins */
        struct entry *entries[ENTRIES], *marks[ENTRIES];
        struct ekiden_arena *letters;
        struct letter letter;
} state;

static bool is_to_find; /* its predecessor */

static void on_log(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        fprintf(stderr, "subject %d: %d %s\n", (int)getpid(), (int)level, message);
}

static void on_warning(void *data, enum ekiden_log_level level, const char *message)
{
        if (level >= EKIDEN_LOG_WARNING)
                on_log(data, level, message);
}

/* What a call has returned. There is no operator to whom the reason of a failure would be told
   where this finds its predecessor. */
static bool is_well(int result)
{
        if (result < 0 && is_to_find)
                fprintf(stderr, "subject %d: %s\n", (int)getpid(), ekiden_error_text(result));
        return result >= 0;
}

static uint64_t add(uint64_t sum, const void *data, size_t size)
{
        const uint8_t *bytes = data;

        for (size_t i = 0; i < size; i++)
                sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
        return sum;
}

static int export_record(OF(Record) * record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == state.record_count)
                return 0;
        record->has_id = record->has_payload = 1;
        record->id = cursor->record;
        record->payload.len = PAYLOAD;
        record->payload.data = ekiden_cursor_alloc(cursor, PAYLOAD);
        if (!record->payload.data)
                return EKIDEN_ENOMEM;
        memset(record->payload.data, (int)(cursor->record & 0xff), PAYLOAD);
        return 1;
}

static int import_record(const OF(Record) * record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (record->id != state.record_count || record->payload.len != PAYLOAD)
                return ekiden_cursor_refuse(cursor, "it is not the record that was sent");
        state.record_sum = add(state.record_sum, record->payload.data, PAYLOAD);
        state.record_count++;
        return 0;
}

static int export_pipe(OF(Pipe) * record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == state.pipe_count)
                return 0;
        record->has_id = record->has_reading = record->has_writing = 1;
        record->id = (uint32_t)cursor->record;
        record->reading = state.pipes[cursor->record].reading;
        record->writing = state.pipes[cursor->record].writing;
        return 1;
}

static int import_pipe(const OF(Pipe) * record, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (state.pipe_count == PIPES)
                return ekiden_cursor_refuse(cursor, "there are too many pipes");
        state.pipes[state.pipe_count++] = (struct pipe){record->reading, record->writing};
        return 0;
}

static int insert_entry(struct entry *entry, struct ekiden_cursor *cursor, void *data)
{
        struct entry **entries = data;

        if (entry->id >= ENTRIES)
                return ekiden_cursor_refuse(cursor, "there is no entry %u", entry->id);
        free(entries[entry->id]);
        entries[entry->id] = entry;
        return 0;
}

static bool remove_entry(struct entry *entry, void *data)
{
        struct entry **entries = data;

        if (entry->id >= ENTRIES || entries[entry->id] != entry)
                return false;
        entries[entry->id] = NULL;
        return true;
}

static uint64_t scan_entries(uint64_t position, struct entry **given, size_t room,
                             size_t *ret_count, void *data)
{
        struct entry **entries = data;

        for (*ret_count = 0; position < ENTRIES && *ret_count < room; position++)
                if (entries[position])
                        given[(*ret_count)++] = entries[position];
        return position < ENTRIES ? position : 0;
}

static struct entry *find_entry(uint32_t id, void *data)
{
        struct entry **entries = data;

        return id < ENTRIES ? entries[id] : NULL;
}

static uint64_t count_entries(void *data)
{
        struct entry **entries = data;
        uint64_t count = 0;

        for (size_t i = 0; i < ENTRIES; i++)
                count += entries[i] != NULL;
        return count;
}

static int reserve_entries(uint64_t count, void *data)
{
        (void)data;
        return count > ENTRIES ? EKIDEN_ENOMEM : 0;
}

static const struct FUNCTION(entries_functions) entry_functions = {
        .insert = insert_entry,
        .remove = remove_entry,
        .scan = scan_entries,
        .find = find_entry,
};

static const struct FUNCTION(marks_functions) mark_functions = {
        .count = count_entries,
        .insert = insert_entry,
        .remove = remove_entry,
        .scan = scan_entries,
        .reserve = reserve_entries,
};

static bool make_entries(struct entry *entries[ENTRIES])
{
        for (uint32_t i = 0; i < ENTRIES; i++) {
                entries[i] = calloc(1, sizeof(struct entry));
                if (!entries[i])
                        return false;
                entries[i]->id = i;
                entries[i]->value = i * UINT64_C(1000003);
        }
        return true;
}

/* One goes, another comes, and the sum is what it was. */
static void change_entries(void)
{
        uint32_t id = (uint32_t)(state.counter.asked % ENTRIES);
        struct entry *entry = state.entries[id];

        state.entries[id] = NULL;
        FUNCTION(touch_entries)(id);
        state.entries[id] = entry;
        FUNCTION(touch_entries)(id);
}

static const struct FUNCTION(records_functions) record_functions = {
        .export_record = export_record,
        .import_record = import_record,
};

static const struct FUNCTION(pipes_functions) pipe_functions = {
        .export_record = export_pipe,
        .import_record = import_pipe,
};

#if VERSION == 2
static int widen(const Subject__V1__Counter *old, Subject__V2__Counter *new_,
                 struct ekiden_hop *hop)
{
        (void)hop;
        new_->asked = old->asked;
        new_->listener = old->listener;
        return 0;
}
EKIDEN_TRANSFORMER(widen, Subject__V1__Counter, Subject__V2__Counter);

static int add_hops(void)
{
        static const struct ekiden_transformer transformers[] = {
                {"counter", "counter", widen_transformer},
        };
        static const struct ekiden_hop_table v1_to_v2 = {
                .from = &subject_v1,
                .to = &subject_v2,
                .transformers = transformers,
                .transformer_count = 1,
        };

        return ekiden_add_hop(&v1_to_v2);
}
#else
static int add_hops(void)
{
        return 0;
}
#endif

/* In the first leg. */
static bool make_counter(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = getenv("SUBJECT_LISTENER");
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path ? path : "");
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 64) < 0)
                return false;
        state.counter.listener = fd;
        return putchar('\n') != EOF && fflush(stdout) == 0;
}

static bool make_ring(void)
{
        struct node *last = &state.ring;

        for (int i = 0; i < NODES; i++) {
                struct node *node = i == 0 ? &state.ring : calloc(1, sizeof(*node));
                char name[] = "node 0";

                name[5] = (char)('0' + i);
                if (!node || !(node->name = strdup(name)))
                        return false;
                last->next = node;
                last = node;
        }
        last->next = &state.ring;
        return true;
}

static bool make_streams(void)
{
        uint8_t payload[PAYLOAD];

        for (; state.pipe_count < PIPES; state.pipe_count++) {
                int ends[2];

                if (pipe2(ends, O_CLOEXEC) < 0)
                        return false;
                state.pipes[state.pipe_count] = (struct pipe){ends[0], ends[1]};
        }
        for (; state.record_count < RECORDS; state.record_count++) {
                memset(payload, (int)(state.record_count & 0xff), PAYLOAD);
                state.record_sum = add(state.record_sum, payload, PAYLOAD);
        }
        return true;
}

static bool make_letter(void)
{
        state.letters = ekiden_arena_new("letters", (uint64_t)16 << 20);
        state.letter.text = ekiden_arena_alloc(state.letters, LETTER);
        state.letter.size = LETTER;
        return state.letter.text && memset(state.letter.text, 'l', LETTER);
}

/* What a successor does with the memory before it serves is nobody's but its own. */
static bool scribble(void)
{
        char *other = ekiden_arena_alloc(state.letters, LETTER);

        if (!other || state.letter.size != LETTER)
                return false;
        memset(other, 'o', LETTER);
        memset(state.letter.text, 'x', LETTER);
        if (ekiden_arena_free(state.letters, state.letter.text) < 0)
                return false;
        state.letter.text = other;
        return true;
}

static bool tag_letter(void)
{
        int r = ekiden_tag_arena("letters", &state.letters);

        if (r >= 0)
                r = FUNCTION(tag_letter)(&state.letter);
        return r == EKIDEN_FRESH ? make_letter() : is_well(r) && scribble();
}

static bool tag(void)
{
        int r = FUNCTION(tag_entries)(&entry_functions, state.entries);

        if (!is_well(r) || (r == EKIDEN_FRESH && !make_entries(state.entries)))
                return false;
        r = FUNCTION(tag_marks)(&mark_functions, state.marks);
        if (!is_well(r) || (r == EKIDEN_FRESH && !make_entries(state.marks)))
                return false;
        r = FUNCTION(tag_counter)(&state.counter);
        if (!is_well(r) || (r == EKIDEN_FRESH && !make_counter()))
                return false;
        r = FUNCTION(tag_records)(&record_functions, NULL);
        if (r >= 0)
                r = FUNCTION(tag_pipes)(&pipe_functions, NULL);
        if (!is_well(r) || (r == EKIDEN_FRESH && !make_streams()))
                return false;
        r = FUNCTION(tag_ring)(&state.ring);
        if (!is_well(r) || (r == EKIDEN_FRESH && !make_ring()) || !tag_letter())
                return false;
        memset(state.letter.text, 'l', LETTER);
        return true;
}

static uint64_t sum_state(void)
{
        uint64_t sum = add(state.record_sum, &state.record_count, sizeof(state.record_count));
        const struct node *node = &state.ring;
        struct stat status[2];
        int nodes = 0;

        for (size_t i = 0; i < state.pipe_count; i++)
                if (fstat(state.pipes[i].reading, &status[0]) == 0 &&
                    fstat(state.pipes[i].writing, &status[1]) == 0) {
                        sum = add(sum, &status[0].st_ino, sizeof(status[0].st_ino));
                        sum = add(sum, &status[1].st_ino, sizeof(status[1].st_ino));
                }
        for (size_t i = 0; i < ENTRIES; i++)
                if (state.entries[i] && state.marks[i]) {
                        sum = add(sum, state.entries[i], sizeof(*state.entries[i]));
                        sum = add(sum, state.marks[i], sizeof(*state.marks[i]));
                }
        sum = add(sum, state.letter.text, state.letter.size);
        do {
                sum = add(sum, node->name, strlen(node->name));
                node = node->next;
        } while (node && node != &state.ring && ++nodes < 2 * NODES);
        return sum;
}

static bool set_deadlines(const char *milliseconds)
{
        for (int phase = EKIDEN_PHASE_CHECK; milliseconds && phase <= EKIDEN_PHASE_COMMIT; phase++)
                if (ekiden_set_deadline((enum ekiden_phase)phase,
                                        (unsigned int)atoi(milliseconds)) < 0)
                        return false;
        return true;
}

static int count_descriptors(void)
{
        int count = 0;

        for (int fd = 0; fd < 256; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

static void answer(int client)
{
        char reply[160];
        char byte;
        ssize_t n;

        do
                n = recv(client, &byte, 1, 0);
        while (n < 0 && errno == EINTR);
        if (n != 1 || (byte == 'p' && !set_deadlines("10000")) || !crowd_goes_on())
                return;
        state.counter.asked++;
        change_entries();
        snprintf(reply, sizeof(reply), "%d %d %llu %zu %d %llx\n", (int)getpid(), VERSION,
                 (unsigned long long)state.counter.asked, mallinfo2().uordblks, count_descriptors(),
                 (unsigned long long)sum_state());
        (void)!send(client, reply, strlen(reply), MSG_NOSIGNAL);
}

static int serve(int wake)
{
        for (;;) {
                struct pollfd sources[] = {
                        {.fd = state.counter.listener, .events = POLLIN},
                        {.fd = wake, .events = POLLIN},
                };
                int client;

                ekiden_update_point("serve");
                if (poll(sources, 2, child_patience_ms()) < 0 && errno != EINTR)
                        return 1;
                child_reap();
                if (sources[1].revents)
                        ekiden_wake();
                client = accept4(state.counter.listener, NULL, NULL, SOCK_CLOEXEC);
                if (client >= 0) {
                        answer(client);
                        close(client);
                }
        }
}

/* EKIDEN_FRESH is for who finds nobody: the matrix judges whether it may. */
static int start(int argc, char **argv)
{
        struct ekiden_error error;
        int began = ekiden_start(argc, argv, &SCHEMA, &error);

        if (is_to_find && began < 0)
                fprintf(stderr, "%s\n", error.sentence);
        else if (is_to_find && began == EKIDEN_FRESH)
                fprintf(stderr, PLAN_FOUND_NOBODY "\n");
        if (began < 0)
                exit(ekiden_error_exit_status(error.code));
        if (is_to_find && began == EKIDEN_FRESH)
                exit(1);
        return began;
}

int main(int argc, char **argv)
{
        int wake, began;

        is_to_find = getenv(PLAN_FOUND_VARIABLE) != NULL;
        unsetenv(PLAN_FOUND_VARIABLE);
        if (is_to_find)
                ekiden_set_log(on_warning, NULL);
        if (getenv("SUBJECT_LOG"))
                ekiden_set_log(on_log, NULL);
        state.counter = (OF(Counter))COUNTER_INIT;
        if (!set_deadlines(getenv("SUBJECT_DEADLINE_MS")) ||
            ekiden_set_stop_deadline(STOP_MS) < 0 || add_hops() < 0)
                return 1;
        began = start(argc, argv);
        if (began == EKIDEN_FRESH && !child_begin())
                return 1;
        wake = ekiden_poll_descriptor();
        if ((!is_well(wake) && !child_is_refused()) || !tag())
                return 1;
        if (state.counter.listener < 0)
                return 0; /* from a snapshot: it is whole, and that is all that is asked for */
#ifdef REFUSES
        return 9;
#endif
        return is_well(crowd_start() || child_is_refused() ? 0 : EKIDEN_ESYSTEM) ? serve(wake) : 1;
}
