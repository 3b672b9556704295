/* SPDX-License-Identifier: MIT */
/*
 * The first release: its state as state/workers_v1.proto has it. These functions run in the main
 * thread while all workers stand at their update points, or before they have come to the first: so
 * they take no lock.
 */
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include "server.h"
#include "workers_v1.ekiden.h"

const struct release release = {.version = 1};

static int export_client(Workers__V1__Client *record, struct ekiden_cursor *cursor, void *data)
{
        struct server *server = data;
        struct client *client = cursor->position;

        client = cursor->record == 0 ? server->clients : client->next;
        cursor->position = client;
        if (!client)
                return 0;
        record->has_id = record->has_connection = record->has_input = record->has_output = 1;
        record->id = client->id;
        record->connection = client->connection;
        record->input = (ProtobufCBinaryData){client->input_size, (uint8_t *)client->input};
        record->output = (ProtobufCBinaryData){client->output_size, (uint8_t *)client->output};
        return 1;
}

static int import_client(const Workers__V1__Client *record, struct ekiden_cursor *cursor,
                         void *data)
{
        struct server *server = data;
        struct client *client;

        if (record->input.len > INPUT_MAX)
                return ekiden_cursor_refuse(cursor, "its line is too long");
        if (server_find(server, record->id))
                return ekiden_cursor_refuse(cursor, "there is another client of its number");
        client = client_new(record->id, record->connection);
        if (!client)
                return EKIDEN_ENOMEM;
        server_add(server, client);
        client->input_size = record->input.len;
        if (record->input.len > 0)
                memcpy(client->input, record->input.data, record->input.len);
        return client_put(client, record->output.data, record->output.len) ? 0 : EKIDEN_ENOMEM;
}

/* Those that wait, and then those that are done. */
static struct job *next_job(struct pool *pool, struct ekiden_cursor *cursor, bool *ret_is_done)
{
        struct job *job = cursor->position;
        bool was_waiting = cursor->record == 0 || job->next <= job->last;

        job = cursor->record == 0 ? pool->waiting.first : job->next_job;
        if (!job && was_waiting)
                job = pool->done.first;
        cursor->position = job;
        *ret_is_done = job && job->next > job->last;
        return job;
}

static int export_job(Workers__V1__Job *record, struct ekiden_cursor *cursor, void *data)
{
        struct server *server = data;
        bool is_done;
        const struct job *job = next_job(&server->pool, cursor, &is_done);

        if (!job)
                return 0;
        record->has_id = record->has_client = record->has_last = record->has_next = 1;
        record->has_primes = record->has_done = 1;
        record->id = job->id;
        record->client = job->client;
        record->last = job->last;
        record->next = job->next;
        record->primes = job->primes;
        record->done = is_done;
        return 1;
}

static int import_job(const Workers__V1__Job *record, struct ekiden_cursor *cursor, void *data)
{
        struct server *server = data;
        struct job *job;

        if (record->last > JOB_LAST_MAX || record->next < 2 || record->next > JOB_LAST_MAX + 1)
                return ekiden_cursor_refuse(cursor, "it counts further than can be counted");
        if (record->done != (record->next > record->last))
                return ekiden_cursor_refuse(cursor, "it is done, or it is not");
        job = calloc(1, sizeof(*job));
        if (!job)
                return EKIDEN_ENOMEM;
        job->id = record->id;
        job->client = record->client;
        job->first = 2;
        job->last = record->last;
        job->next = record->next;
        job->primes = record->primes;
        if (record->done)
                pool_add_done(&server->pool, job);
        else
                pool_add(&server->pool, job);
        return 0;
}

static int export_worker(Workers__V1__Worker *record, struct ekiden_cursor *cursor, void *data)
{
        struct server *server = data;
        struct worker *worker = &server->pool.workers[cursor->record];

        if (cursor->record == server->pool.count)
                return 0;
        record->name = worker->name;
        record->has_jobs = record->has_turns = 1;
        record->jobs = worker->jobs;
        record->turns = worker->turns;
        return 1;
}

static int import_worker(const Workers__V1__Worker *record, struct ekiden_cursor *cursor,
                         void *data)
{
        struct server *server = data;
        struct worker *worker = &server->pool.workers[server->pool.count];

        if (!record->name || !pool_hire(&server->pool, record->name))
                return ekiden_cursor_refuse(cursor, "there is no room for that worker");
        worker->jobs = record->jobs;
        worker->turns = record->turns;
        return 0;
}

int release_start(int argc, char **argv, struct ekiden_error *error)
{
        return ekiden_start(argc, argv, &workers_v1, error);
}

int release_tag(struct server *server)
{
        static const struct workers_v1_clients_functions clients = {
                .export_record = export_client,
                .import_record = import_client,
        };
        static const struct workers_v1_jobs_functions jobs = {
                .export_record = export_job,
                .import_record = import_job,
        };
        static const struct workers_v1_workers_functions workers = {
                .export_record = export_worker,
                .import_record = import_worker,
        };
        int result = ekiden_tag_descriptor("listener", &server->listener);

        if (result >= 0)
                result = ekiden_tag_uint64("next_id", &server->next_id);
        if (result >= 0)
                result = workers_v1_tag_clients(&clients, server);
        if (result >= 0)
                result = workers_v1_tag_jobs(&jobs, server);
        if (result >= 0)
                result = workers_v1_tag_workers(&workers, server);
        return result;
}
