/* SPDX-License-Identifier: MIT */
/*
 * Two versions of one program's schema, side by side: for each item, message and field, what
 * becomes of it on the way from one to the other. The generator writes hops from it; whoever wants
 * to know what a change costs reads its differences.
 *
 * Names are matched by name or by `was`, which stands in the newer schema whatever the direction.
 * Two messages are a pair if a record of the one becomes a record of the other, be it as an item
 * or as a field's value; a pair is compared once, however often it is reached. What items do not
 * reach is not compared.
 */
#pragma once

#include "schema.h"

/** What a difference asks of whoever made it. */
enum ek_severity {
        EK_SEVERITY_SAME, /* no difference: noted so that a table of all fields can be drawn */
        EK_SEVERITY_COMPATIBLE, /* the generated hop does it */
        EK_SEVERITY_FUNCTION, /* it needs a function, which the user writes */
        EK_SEVERITY_BROKEN, /* the newer schema must be changed: it cannot follow the older one */
};

/** "same", "compatible", "needs a function", "broken". */
const char *ek_severity_text(enum ek_severity severity);

/** How one value becomes another one. */
enum ek_conversion {
        EK_CONVERT_COPY, /* the type is the same in C */
        EK_CONVERT_WIDEN, /* a number of a type that holds all of the old one's values */
        EK_CONVERT_NARROW, /* a number; one that does not fit is refused */
        EK_CONVERT_TO_BYTES, /* a string */
        EK_CONVERT_ENUM, /* an enum that is another one for C only */
        EK_CONVERT_ENUM_BY_NAME, /* a value that has no name in the other one is refused */
        EK_CONVERT_NUMBER_TO_ENUM, /* a number that is no value is refused */
        EK_CONVERT_MESSAGE, /* field_pair.pair says how */
        EK_CONVERT_NONE, /* not by generated code */
};

/** Two enums of which one's values become the other's, by name. */
struct ek_enum_pair {
        const struct ek_enum *from, *to;
        const char *name; /* of the function that converts: "color" */
        const int32_t *numbers; /* by the index of the value in `from`: what it is in `to` */
        const bool *is_known; /* as many: whether it is anything in `to` */
        bool is_same; /* names and numbers are */
        bool is_complete; /* all of `from` are known */
        struct ek_enum_pair *next;
};

/** One field: of both messages, or of one of them. */
struct ek_field_pair {
        const struct ek_field *from; /* NULL: it is added */
        const struct ek_field *to; /* NULL: it is let go */
        enum ek_conversion conversion; /* of a value, where both are there */
        struct ek_message_pair *pair; /* EK_CONVERT_MESSAGE between two types: what converts them;
                                         NULL: they are one type, of a file that both import */
        struct ek_enum_pair *enums; /* of EK_CONVERT_ENUM_BY_NAME */
        bool keeps_default; /* the defaults differ: an absent value becomes the one that it had */
        bool demands_presence; /* an absent value is refused */
        bool demands_one; /* more than one value is refused: repeated becomes single */
        enum ek_severity severity;
};

/** Two message types of which one becomes the other. */
struct ek_message_pair {
        struct ek_message *from, *to;
        const char *name; /* of the functions: "session", in lower case; unique among the pairs */
        struct ek_field_pair *fields; /* of `to` by number, then those of `from` that are let go */
        size_t field_count;
        const struct ek_field *from_identity, *to_identity; /* or NULL */
        bool needs_function; /* the user's, for this type itself */
        bool is_same; /* nothing is to be done, here or below: records of the one are records of
                         the other */
        bool is_value; /* what is written has fields of it */
        bool is_written; /* a transformer needs code for it */
        struct ek_message_pair *next; /* in the order in which items lead to them */
};

/** One item: of both schemas, or of one of them. */
struct ek_item_pair {
        const struct ek_item *from; /* NULL: it is added */
        const struct ek_item *to; /* NULL: it is dropped */
        struct ek_message_pair *pair; /* where both are there */
        bool needs_transformer; /* false: the engine passes records on as they are */
        const struct ek_item **lookups; /* items of `from`'s schema that the function looks up */
        size_t lookup_count;
        enum ek_severity severity;
};

/** One line of what a comparison found. */
struct ek_difference {
        enum ek_severity severity;
        const char *subject; /* `item "sessions"`, `message Session`, `field Session.port`, `value
                                Color.RED`: by the name in `to` or, where it has none, in `from` */
        const struct ek_message_pair *pair; /* that it belongs to; NULL: it is an item's */
        const struct ek_field_pair *field; /* that it is about, or NULL */
        const struct ek_field *mistaken; /* of the older message: what is broken is about it, too */
        struct ek_place older, newer; /* where it stands; source is NULL where it does not */
        const char *from_text; /* what was: "optional int32 port = 2"; NULL: nothing */
        const char *to_text; /* what is; NULL: nothing */
        const char *sentence; /* what differs and, where something is to be done, what */
        const char *action; /* what the hop does: "copied", "widened", "added: 5", "let go" … */
};

struct ek_comparison {
        struct ek_memory *arena;
        struct ek_schema *from, *to; /* in the direction of the hop */
        struct ek_schema *older, *newer; /* the same two */
        bool is_downgrade; /* `from` is the newer one */
        struct ek_item_pair
                *items; /* of `to` in its order, then those of `from` that are dropped */
        size_t item_count;
        struct ek_message_pair *pairs; /* a list */
        struct ek_enum_pair *enums; /* a list */
        struct ek_difference *differences; /* items first, then pair by pair */
        size_t difference_count, difference_size;
};

/**
 * Compares two valid schemas of one model, which are sorted and have their fingerprints
 * (ek_schema_sort(), ek_fingerprint()).
 *
 * @param older, newer  of one program, the versions in this order
 * @param downgrade     false: what becomes of older state in the newer version; true: the way back
 */
void ek_compare(struct ek_comparison *comparison, struct ek_schema *older, struct ek_schema *newer,
                bool downgrade);

/** The gravest of the differences. */
enum ek_severity ek_comparison_severity(const struct ek_comparison *comparison);

/** Reports what is broken, at its place in the newer schema or, without one, in the older. */
void ek_comparison_report(const struct ek_comparison *comparison, struct ek_problems *problems);
