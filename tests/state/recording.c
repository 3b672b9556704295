/* SPDX-License-Identifier: MIT */
/* See recording.h. */
#include "recording.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct ek_wait patient = {.idle_ms = LONG_MS};

struct side {
        struct ek_link *link;
        const struct recording *recording;
        struct ekiden_error *error;
        int result;
};

static void *export_all(void *data)
{
        struct side *side = data;
        struct ek_export export_ = {.link = side->link, .wait = &patient};
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        for (size_t i = 0; i < count && side->result == 0; i++)
                side->result = ek_export_item(&export_, all[i], side->error);
        if (side->result == 0)
                side->result = ek_link_flush(side->link, &patient);
        ek_objects_free(export_.objects);
        shutdown(ek_link_socket(side->link), SHUT_WR);
        return NULL;
}

static void *send_all(void *data)
{
        struct side *side = data;

        for (size_t i = 0; i < side->recording->count && side->result == 0; i++) {
                const struct captured_frame *frame = &side->recording->frames[i];

                side->result = ek_link_send(side->link, frame->kind, frame->payload, frame->size,
                                            &patient);
        }
        if (side->result == 0)
                side->result = ek_link_flush(side->link, &patient);
        shutdown(ek_link_socket(side->link), SHUT_WR);
        return NULL;
}

int record(struct recording *ret_recording, struct ekiden_error *error)
{
        struct side side = {.error = error};
        struct ek_link *links[2];
        struct ek_frame frame;
        pthread_t thread;

        *ret_recording = (struct recording){.count = 0};
        two_links(links);
        side.link = links[0];
        cr_assert_eq(pthread_create(&thread, NULL, export_all, &side), 0);
        while (ek_link_receive(links[1], &patient, &frame) == 0) {
                if (ret_recording->count == ret_recording->room) {
                        ret_recording->room = 2 * ret_recording->room + 16;
                        ret_recording->frames =
                                realloc(ret_recording->frames,
                                        ret_recording->room * sizeof(*ret_recording->frames));
                        cr_assert_not_null(ret_recording->frames);
                }
                keep_frame(&ret_recording->frames[ret_recording->count++], links[1], &frame);
        }
        cr_assert_eq(pthread_join(thread, NULL), 0);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
        return side.result;
}

static int import_all(struct ek_link *link, const struct ekiden_natives *natives,
                      const struct ek_chain *chain, struct ekiden_error *error)
{
        struct ekiden_objects *objects;
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);
        int r = ek_objects_new(natives, chain, &objects);

        cr_assert_eq(r, 0);
        for (size_t i = 0; i < count && r == 0; i++) {
                struct ek_route route;

                r = ek_route_find(chain, ekiden_schema_item(chain->to, all[i]->name), &route,
                                  error);
                if (r == 0)
                        r = ek_import_item(link, &patient, all[i], &route, objects, error);
                if (r == EKIDEN_RESUMED)
                        r = 0;
        }
        if (r == 0)
                r = ek_objects_check(objects, error);
        ek_objects_free(objects);
        return r;
}

int play(const struct recording *recording, const struct ekiden_natives *natives,
         const struct ek_chain *chain, struct ekiden_error *error)
{
        struct side side = {.recording = recording};
        struct ek_link *links[2];
        pthread_t thread;
        int r;

        two_links(links);
        side.link = links[0];
        cr_assert_eq(pthread_create(&thread, NULL, send_all, &side), 0);
        r = import_all(links[1], natives, chain, error);
        ek_link_free(links[1]);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        ek_link_free(links[0]);
        return r;
}

bool recordings_agree(const struct recording *one, const struct recording *other)
{
        for (size_t i = 0; i < one->count && i < other->count; i++) {
                const struct captured_frame *a = &one->frames[i], *b = &other->frames[i];

                if (a->kind != b->kind || a->size != b->size ||
                    memcmp(a->payload, b->payload, a->size) != 0)
                        return false;
        }
        return one->count == other->count;
}

void free_recording(struct recording *recording)
{
        for (size_t i = 0; i < recording->count; i++)
                free(recording->frames[i].payload);
        free(recording->frames);
        *recording = (struct recording){.count = 0};
}
