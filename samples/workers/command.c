/* SPDX-License-Identifier: MIT */
/*
 * primes LAST         counts the primes from 2 to LAST; v2: primes FIRST LAST as well
 * jobs                what is being counted, and how far
 * workers             who has done how much
 * version
 */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release.h"

static void begin_job(struct server *server, struct client *client, uint64_t first, uint64_t last)
{
        struct job *job = calloc(1, sizeof(*job));

        if (!job) {
                client_say(client, "there is no memory for that");
                return;
        }
        job->id = server->next_id++;
        job->client = client->id;
        job->first = job->next = first;
        job->last = last;
        client_say(client, "#%" PRIu64 " begins", job->id);
        pool_add(&server->pool, job);
}

static void count_primes(struct server *server, struct client *client, const char *arguments)
{
        uint64_t first, last;
        char surplus;
        int count = sscanf(arguments, "%" SCNu64 " %" SCNu64 " %c", &first, &last, &surplus);

        if (count == 1) {
                last = first;
                first = 2;
        }
        if (count < 1 || count > (release.has_first ? 2 : 1) || last > JOB_LAST_MAX || first < 2 ||
            last < first)
                client_say(client, "that cannot be counted");
        else
                begin_job(server, client, first, last);
}

void command_tell(struct client *client, const struct job *job)
{
        char by[NAME_SIZE + 8] = "", from[32] = "";

        if (release.has_first && job->worker[0])
                snprintf(by, sizeof(by), ", says %s", job->worker);
        if (job->first != 2)
                snprintf(from, sizeof(from), " from %" PRIu64, job->first);
        client_say(client, "#%" PRIu64 " %" PRIu64 " primes%s up to %" PRIu64 "%s", job->id,
                   job->primes, from, job->last, by);
}

static void list_job(struct client *client, const struct job *job, uint64_t at)
{
        client_say(client, "#%" PRIu64 " is at %" PRIu64 " of %" PRIu64, job->id, at, job->last);
}

static void list_jobs(struct server *server, struct client *client)
{
        struct pool *pool = &server->pool;

        pthread_mutex_lock(&pool->lock);
        for (size_t i = 0; i < pool->count; i++)
                if (pool->workers[i].job)
                        list_job(client, pool->workers[i].job, pool->workers[i].at);
        for (const struct job *job = pool->waiting.first; job; job = job->next_job)
                list_job(client, job, job->next);
        pthread_mutex_unlock(&pool->lock);
        client_say(client, "that is all");
}

static void list_workers(struct server *server, struct client *client)
{
        struct pool *pool = &server->pool;

        pthread_mutex_lock(&pool->lock);
        for (size_t i = 0; i < pool->count; i++)
                client_say(client, "%s finished %" PRIu64 " jobs in %" PRIu64 " turns",
                           pool->workers[i].name, pool->workers[i].jobs, pool->workers[i].turns);
        pthread_mutex_unlock(&pool->lock);
        client_say(client, "that is all");
}

void command(struct server *server, struct client *client, const char *line)
{
        if (strncmp(line, "primes ", 7) == 0)
                count_primes(server, client, line + 7);
        else if (strcmp(line, "jobs") == 0)
                list_jobs(server, client);
        else if (strcmp(line, "workers") == 0)
                list_workers(server, client);
        else if (strcmp(line, "version") == 0)
                client_say(client, "v%u", release.version);
        else
                client_say(client, "primes, jobs, workers or version?");
}
