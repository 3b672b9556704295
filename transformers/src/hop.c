/* SPDX-License-Identifier: MIT */
/* One record along its route: each transformer called in turn, with the scratch as its memory. */
#include <ekiden/hop.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "codec.h"
#include "fields.h"
#include "index.h"
#include "record.h"

struct run {
        const struct ek_route *route;
        uint64_t number;
        struct ekiden_scratch *scratch;
        int (*sink)(void *data, ProtobufCMessage *record);
        void *data;
        struct ekiden_error *error;
};

struct ekiden_hop {
        const struct run *run;
        size_t step;
        bool dropped;
        int downstream; /* error from behind this hop, which has been told; 0: none */
        char sentence[256]; /* of ekiden_hop_refuse() */
};

static int pass_on(const struct run *run, size_t step, ProtobufCMessage *record);

void *ekiden_hop_alloc(struct ekiden_hop *hop, size_t size_bytes)
{
        return ek_scratch_alloc(hop->run->scratch, size_bytes);
}

void *ekiden_hop_array(struct ekiden_hop *hop, size_t count, size_t size_bytes)
{
        size_t total;

        if (__builtin_mul_overflow(count, size_bytes, &total))
                return NULL;
        return ekiden_hop_alloc(hop, total);
}

const ProtobufCMessage *ekiden_hop_find(struct ekiden_hop *hop, const char *item, const void *key)
{
        return ek_index_find(hop->run->route->steps[hop->step].indexes, item, key);
}

char *ekiden_hop_strdup(struct ekiden_hop *hop, const char *text)
{
        size_t size = text ? strlen(text) + 1 : 0;
        char *copy = text ? ek_scratch_alloc(hop->run->scratch, size) : NULL;

        return copy ? memcpy(copy, text, size) : NULL;
}

char *ekiden_hop_printf(struct ekiden_hop *hop, const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        text = ek_scratch_vprintf(hop->run->scratch, format, arguments);
        va_end(arguments);
        return text;
}

static ProtobufCMessage *new_record(struct ekiden_scratch *scratch,
                                    const struct ekiden_message *type)
{
        ProtobufCMessage *message = ek_scratch_alloc(scratch, type->descriptor->sizeof_message);

        if (message)
                ek_record_init(type, message);
        return message;
}

ProtobufCMessage *ekiden_hop_new(struct ekiden_hop *hop,
                                 const ProtobufCMessageDescriptor *descriptor)
{
        const struct ek_step *step = &hop->run->route->steps[hop->step];
        const struct ekiden_message *type = ek_message_find(step->to->message, descriptor);
        const struct ekiden_message plain = {.descriptor = descriptor};

        return new_record(hop->run->scratch, type ? type : &plain);
}

int ekiden_hop_duplicate(struct ekiden_hop *hop, int descriptor, int *ret_descriptor)
{
        struct ekiden_scratch *scratch = hop->run->scratch;

        if (!scratch->duplicate)
                return EKIDEN_ESTATE;
        if (descriptor >= 0)
                return scratch->duplicate(scratch->owner, descriptor, ret_descriptor);
        *ret_descriptor = -1;
        return 0;
}

int ekiden_hop_emit(struct ekiden_hop *hop, ProtobufCMessage *record)
{
        const struct ek_step *step = &hop->run->route->steps[hop->step];
        int r;

        if (!record || record->descriptor != step->to->message->descriptor)
                return EKIDEN_ETYPE;
        if (hop->downstream == 0) {
                r = pass_on(hop->run, hop->step + 1, record);
                hop->downstream = r < 0 ? r : 0;
        }
        return hop->downstream;
}

void ekiden_hop_drop(struct ekiden_hop *hop)
{
        hop->dropped = true;
}

int ekiden_hop_refuse(struct ekiden_hop *hop, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(hop->sentence, sizeof(hop->sentence), format, arguments);
        va_end(arguments);
        return EKIDEN_EREFUSED;
}

uint64_t ekiden_hop_record(const struct ekiden_hop *hop)
{
        return hop->run->number;
}

static int fail(const struct run *run, size_t step, int code, const char *field, const char *reason)
{
        const struct ekiden_hop_table *hop = run->route->steps[step].hop;

        if (run->error && run->error->code == 0) {
                snprintf(run->error->item, sizeof(run->error->item), "%s",
                         run->route->source->name);
                snprintf(run->error->field, sizeof(run->error->field), "%s", field);
                run->error->from_version = hop->from->version;
                run->error->to_version = hop->to->version;
        }
        return ekiden_error_set(run->error, code,
                                "the transformer of item \"%s\" from version %u to %u failed on "
                                "record %llu: %s%s%s%s",
                                run->route->steps[step].to->name, hop->from->version,
                                hop->to->version, (unsigned long long)run->number,
                                field[0] ? "field \"" : "", field, field[0] ? "\" " : "", reason);
}

static int transform(const struct run *run, size_t step, ProtobufCMessage *old)
{
        const struct ek_step *at = &run->route->steps[step];
        struct ekiden_hop hop = {.run = run, .step = step};
        ProtobufCMessage *record = new_record(run->scratch, at->to->message);
        int r;

        if (!record)
                return fail(run, step, EKIDEN_ENOMEM, "", "memory ran out");
        run->scratch->transformed++;
        r = at->transformer->transform(old, record, &hop);
        if (hop.downstream < 0)
                return hop.downstream; /* even if the transformer has overlooked it */
        if (r == EKIDEN_EREFUSED && hop.sentence[0])
                return fail(run, step, EKIDEN_ETRANSFORMER, "", hop.sentence);
        /* What a plain -1 is, too; no function for hops answers it. */
        if (r == EKIDEN_EINVAL && !hop.sentence[0])
                snprintf(hop.sentence, sizeof(hop.sentence), "its function answered %d", r);
        if (r < 0)
                return fail(run, step, EKIDEN_ETRANSFORMER, "",
                            hop.sentence[0] ? hop.sentence : ekiden_error_text(r));
        if (hop.dropped)
                return 0;
        return pass_on(run, step + 1, record);
}

/* The same shape under another name: through the wire format, which is what "same shape" means. */
static int relabel(const struct run *run, size_t step, ProtobufCMessage *record)
{
        const struct ekiden_message *type = run->route->steps[step].to->message;
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = ek_scratch_alloc(run->scratch, size);
        ProtobufCMessage *copy = NULL;

        if (bytes) {
                protobuf_c_message_pack(record, bytes);
                if (ek_codec_unpack(type, run->scratch, bytes, size, &copy) == 0)
                        copy = protobuf_c_message_unpack(type->descriptor, &run->scratch->allocator,
                                                         size, bytes);
        }
        if (!copy)
                return fail(run, step, EKIDEN_ENOMEM, "", "memory ran out");
        ek_reset_absent_descriptors(type, copy);
        return pass_on(run, step + 1, copy);
}

/* A record comes out of step - 1: it is sound, and goes into the next step or to the sink. */
static int pass_on(const struct run *run, size_t step, ProtobufCMessage *record)
{
        const char *wrong = NULL;
        char field[EKIDEN_NAME_MAX + 1];

        if (step > run->route->first)
                wrong = ek_record_check(record, true, field);
        if (wrong)
                return fail(run, step - 1, EKIDEN_ETRANSFORMER, field, wrong);
        if (step == run->route->count)
                return run->sink(run->data, record);
        if (run->route->steps[step].transformer)
                return transform(run, step, record);
        return relabel(run, step, record);
}

int ek_route_run(const struct ek_route *route, ProtobufCMessage *record, uint64_t number,
                 struct ekiden_scratch *scratch, int (*sink)(void *data, ProtobufCMessage *record),
                 void *data, struct ekiden_error *error)
{
        const struct run run = {route, number, scratch, sink, data, error};

        return pass_on(&run, route->first, record);
}
