/* SPDX-License-Identifier: MIT */
/*
 * Where a struct is not what its schema says, NAME.native.c does not compile, and the compiler says
 * why in our words. Each case changes one thing in a pair that compiles: in C and in C++.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "protoc.h"

static const char header[] = "#include <stdbool.h>\n"
                             "#include <stddef.h>\n"
                             "#include <stdint.h>\n"
                             "struct point { int x, y; };\n"
                             "struct node { struct node *next; int value; };\n"
                             "struct tail { unsigned int size; char end[]; };\n"
                             "struct box {\n"
                             "  int i32;\n"
                             "  unsigned int u32;\n"
                             "  long i64;\n"
                             "  unsigned long u64;\n"
                             "  float f;\n"
                             "  double d;\n"
                             "  bool b;\n"
                             "  int e;\n"
                             "  char name[16];\n"
                             "  char *note;\n"
                             "  int numbers[4];\n"
                             "  char names[2][8];\n"
                             "  char *notes[2];\n"
                             "  short *many;\n"
                             "  unsigned int many_count;\n"
                             "  void *blob;\n"
                             "  size_t blob_size;\n"
                             "  size_t blob_room;\n"
                             "  unsigned char mac[6];\n"
                             "  struct point at;\n"
                             "  struct point corners[2];\n"
                             "  struct node *first;\n"
                             "  struct node *others[3];\n"
                             "  struct tail *tail;\n"
                             "  void (*handler)(int);\n"
                             "  struct { short low; short high; } range;\n"
                             "  int kind;\n"
                             "  union { int number; float ratio; } u;\n"
                             "  long last;\n"
                             "};\n"
                             "struct flags {\n"
                             "  long before;\n"
                             "  unsigned int three : 3;\n"
                             "  unsigned int flag : 1;\n"
                             "  unsigned int unused : 9;\n"
                             "  long after;\n"
                             "  char *behind;\n"
                             "  struct { unsigned int only : 2; } low;\n"
                             "  unsigned int *tags;\n"
                             "  struct node *anchor;\n"
                             "};\n";

static const char schema[] =
        "syntax = \"proto2\";\n"
        "package box.v1;\n"
        "import \"ekiden/options.proto\";\n"
        "option (ekiden.program) = { name: \"box\" version: 1 c_include: \"box.h\" };\n"
        "message Box {\n"
        "  option (ekiden.item) = { name: \"box\" };\n"
        "  option (ekiden.message) = { c_struct: \"struct box\" ignore: \"last\" };\n"
        "  optional int32 i32 = 1;\n"
        "  optional uint32 u32 = 2;\n"
        "  optional int64 i64 = 3;\n"
        "  optional uint64 u64 = 4;\n"
        "  optional float f = 5;\n"
        "  optional double d = 6;\n"
        "  optional bool b = 7;\n"
        "  optional E e = 8;\n"
        "  optional string name = 9;\n"
        "  optional string note = 10 [(ekiden.field).zt = true];\n"
        "  repeated int32 numbers = 11;\n"
        "  repeated string names = 12;\n"
        "  repeated string notes = 13 [(ekiden.field).zt = true];\n"
        "  repeated int32 many = 14 [(ekiden.field).length = \"many_count\"];\n"
        "  optional bytes blob = 15\n"
        "      [(ekiden.field) = { length: \"blob_size\" capacity: \"blob_room\" }];\n"
        "  optional bytes mac = 16;\n"
        "  optional Point at = 17;\n"
        "  repeated Point corners = 18;\n"
        "  optional Node first = 19;\n"
        "  repeated Node others = 20 [(ekiden.field).reference = true];\n"
        "  optional Tail tail = 21;\n"
        "  optional string handler = 22 [(ekiden.field).function = \"handlers\"];\n"
        "  optional int32 low = 23 [(ekiden.field).c_member = \"range.low\"];\n"
        "  optional int32 high = 24 [(ekiden.field).c_member = \"range.high\"];\n"
        "  oneof u {\n"
        "    option (ekiden.oneof).c_discriminator = \"kind\";\n"
        "    int32 number = 25 [(ekiden.field) = { c_member: \"u.number\" c_case: \"0\" }];\n"
        "    float ratio = 26 [(ekiden.field) = { c_member: \"u.ratio\" c_case: \"1\" }];\n"
        "  }\n"
        "}\n"
        "message Flags {\n"
        "  option (ekiden.item) = { name: \"flags\" stream: true };\n"
        "  option (ekiden.message) = { c_struct: \"struct flags\" ignore: \"tags\" };\n"
        "  optional int64 before = 1;\n"
        "  optional uint32 three = 2 [(ekiden.field).bits = 3];\n"
        "  optional bool flag = 3 [(ekiden.field).bits = 1];\n"
        "  optional int32 unused = 4 [(ekiden.field).bits = 9];\n"
        "  optional int64 after = 5;\n"
        "  optional string behind = 6 [(ekiden.field).zt = true];\n"
        "  optional E only = 7 [(ekiden.field) = { bits: 2 c_member: \"low.only\" }];\n"
        "  optional Node anchor = 8 [(ekiden.field).reference = true];\n"
        "}\n"
        "enum E { A = 0 [(ekiden.value).c_constant = \"7\"]; }\n"
        "message Point {\n"
        "  option (ekiden.message).c_struct = \"struct point\";\n"
        "  optional int32 x = 1;\n"
        "  optional int32 y = 2;\n"
        "}\n"
        "message Node {\n"
        "  option (ekiden.message).c_struct = \"struct node\";\n"
        "  optional uint64 self = 1 [(ekiden.field).identity = true];\n"
        "  optional Node next = 2;\n"
        "  optional int32 value = 3;\n"
        "}\n"
        "message Tail {\n"
        "  option (ekiden.message).c_struct = \"struct tail\";\n"
        "  optional uint64 self = 1 [(ekiden.field).identity = true];\n"
        "  optional bytes end = 2 [(ekiden.field) = { flexible: true length: \"size\" }];\n"
        "}\n";

#define BEHIND(struct_, member) struct_ " has a member behind \"" member "\" that message "
#define MUST(member, field, wanted) \
        "struct box: \"" member "\" is bound to Box." field " and must be " wanted
#define BITS(member, wanted) \
        "struct flags: \"" member "\" is bound to Flags." member " and must be " wanted
#define GAPS                                                                                     \
        "struct flags has a member that message Flags neither binds nor ignores, or bit-fields " \
        "that "                                                                                  \
        "follow each other there and are apart in the struct"
#define EACH(member, wanted) MUST(member, member, "of elements that are each " wanted)
#define INT32 "a signed integer of 4 bytes at most, or an unsigned one of 2"
#define INT64 "a signed integer of 8 bytes at most, or an unsigned one of 4"
#define UINT32 "an unsigned integer of 4 bytes at most"
#define UINT64 "an unsigned integer of 8 bytes at most"
#define TEXT "an array of char; a pointer needs `zt`"
#define ZT "a pointer to char, because of `zt`"
#define AT_END "an array at the end of the struct, because of `flexible`"

struct change {
        const char *from, *to; /* in the header or, where that has no `from`, in the schema */
        const char *sentence; /* NULL: it compiles */
};

static const struct change changes[] = {
        /* A member that is added and neither bound nor ignored, wherever it is. */
        {"  int i32;", "  long added; int i32;",
         "struct box begins with a member that message Box neither binds nor ignores"},
        {"  char name[16];", "  char name[16]; char *added;", BEHIND("struct box", "name")},
        {"  long last;", "  long last; long added;", BEHIND("struct box", "last")},
        {"  bool b;", "  bool b; char added[7];", BEHIND("struct box", "b")},
        {"short high;", "short high; short added;",
         BEHIND("EKIDEN_TYPE(struct box, range)", "high")},
        {"short low;", "short added; short low;",
         "EKIDEN_TYPE(struct box, range) begins with a member that message Box neither binds nor "
         "ignores"},
        {"struct point { int x, y;", "struct point { int x, y, z;", BEHIND("struct point", "y")},
        {"ignore: \"last\"", "", BEHIND("struct box", "u")},
        {"  optional int32 y = 2;\n", "", BEHIND("struct point", "x")},
        {"unsigned int size;", "unsigned int size; unsigned int added;",
         BEHIND("struct tail", "size")},
        /* Padding of a struct that has no name to ask about: docs/structs.md says what to do. */
        {"  double d;\n  bool b;\n", "  struct { double d; bool b; };\n",
         BEHIND("struct box", "b")},
        /* What is no more than padding, or a bit-field of the same unit. */
        {"  bool b;", "  bool b; /* three bytes */", NULL},
        {"int number; float ratio;", "int number; float ratio; char bytes[4];", NULL},
        {"char end[];", "char end[1];", NULL},
        {"char *note;", "const char *note;", NULL},
        {"short *many;", "short many[9];", NULL},
        {"  int i32;", "  short i32; short in_padding;", NULL},
        /* Numbers that hold more than their field, or something else. */
        {"  int i32;", "  long i32;", MUST("i32", "i32", INT32)},
        {"  int i32;", "  unsigned int i32;", MUST("i32", "i32", INT32)},
        {"  int i32;", "  float i32;", MUST("i32", "i32", INT32)},
        {"  int i32;", "  int *i32;", MUST("i32", "i32", INT32)},
        {"  int i32;", "  int i32[1];", MUST("i32", "i32", INT32)},
        {"  int i32;", "  struct point i32;", MUST("i32", "i32", INT32)},
        {"  unsigned int u32;", "  int u32;", MUST("u32", "u32", UINT32)},
        {"  unsigned int u32;", "  unsigned long u32;", MUST("u32", "u32", UINT32)},
        {"  long i64;", "  unsigned long i64;", MUST("i64", "i64", INT64)},
        {"  long i64;", "  __int128 i64;", MUST("i64", "i64", INT64)},
        {"  unsigned long u64;", "  long u64;", MUST("u64", "u64", UINT64)},
        {"  float f;", "  double f;", MUST("f", "f", "a float")},
        {"  double d;", "  long double d;", MUST("d", "d", "a double or a float")},
        {"  double d;", "  int d;", MUST("d", "d", "a double or a float")},
        {"  bool b;", "  int b;", MUST("b", "b", "a bool")},
        {"  int e;", "  float e;", MUST("e", "e", "an enum or an integer")},
        {"  int e;", "  const char *e;", MUST("e", "e", "an enum or an integer")},
        {"  int numbers[4];", "  long numbers[4];", EACH("numbers", INT32)},
        /* Text. */
        {"name = 9;", "name = 9 [(ekiden.field).zt = true];", MUST("name", "name", ZT)},
        {"  char name[16];", "  char *name;", MUST("name", "name", TEXT)},
        {"  char name[16];", "  int name[4];", MUST("name", "name", TEXT)},
        {"  char *note;", "  void **note;", MUST("note", "note", ZT)},
        {"  char *note;", "  char note;", MUST("note", "note", ZT)},
        {"  char names[2][8];", "  char *names[2];", EACH("names", TEXT)},
        {"  char names[2][8];", "  int names[2][2];", EACH("names", TEXT)},
        {"  char *notes[2];", "  char notes[2][8];", EACH("notes", ZT)},
        {"  char *notes[2];", "  int *notes[2];", EACH("notes", ZT)},
        /* Several values. */
        {"  int numbers[4];", "  int *numbers;",
         MUST("numbers", "numbers", "an array; a pointer needs `length`")},
        {"  unsigned char mac[6];", "  unsigned char *mac;",
         MUST("mac", "mac", "an array; a pointer needs `length`")},
        {"  short *many;", "  short many;", MUST("many", "many", "an array or a pointer")},
        {"  void *blob;", "  long blob;", MUST("blob", "blob", "an array or a pointer")},
        {"  unsigned int many_count;", "  float many_count;",
         "struct box: \"many_count\" is the length of Box.many and must be an integer"},
        {"  size_t blob_size;", "  void *blob_size;",
         "struct box: \"blob_size\" is the length of Box.blob and must be an integer"},
        {"  size_t blob_room;", "  void *blob_room;",
         "struct box: \"blob_room\" is the capacity of Box.blob and must be an integer"},
        {"  size_t blob_room;", "  signed char blob_room; char rest[7];",
         BEHIND("struct box", "blob_room")},
        {"capacity: \"blob_room\"", "", BEHIND("struct box", "blob_size")},
        {"  void *blob;", "  char blob[8];",
         MUST("blob", "blob", "a pointer, because of `capacity`")},
        {"char end[];", "char *end;",
         "struct tail: \"end\" is bound to Tail.end and must be " AT_END},
        {"unsigned int size; char end[];", "char end[16]; unsigned int size;",
         "struct tail: \"end\" is bound to Tail.end and must be " AT_END},
        /* Messages. */
        {"  struct point at;", "  struct node at;",
         MUST("at", "at", "struct point or a pointer to one")},
        {"  struct point at;", "  void *at;", MUST("at", "at", "struct point or a pointer to one")},
        {"  struct point corners[2];", "  struct node corners[2];",
         EACH("corners", "struct point or a pointer to one")},
        {"  struct point at;", "  struct point *at;",
         "struct box: \"at\" is bound to Box.at and is a pointer: give message Point an identity "
         "field"},
        {"  struct point corners[2];", "  struct point *corners[2];",
         "struct box: \"corners\" is bound to Box.corners and is a pointer: give message Point an "
         "identity field"},
        {"  struct node *others[3];", "  struct node others[3];",
         MUST("others", "others", "of pointers, because of `reference`")},
        {"Node first = 19;", "Node first = 19 [(ekiden.field).reference = true];", NULL},
        {"  struct tail *tail;", "  struct tail tail;",
         MUST("tail", "tail", "a pointer, because of `flexible`")},
        /* Functions, unions, bit-fields. */
        {"  void (*handler)(int);", "  int handler;",
         MUST("handler", "handler", "a pointer to a function")},
        {"  int kind;", "  float kind;",
         "struct box: \"kind\" is the discriminator of Box.u and must be an enum or an integer"},
        {"int number; float ratio;", "long number; float ratio;",
         MUST("u.number", "number", INT32)},
        {"  unsigned int three : 3;", "  int three : 3;",
         BITS("three", "an unsigned bit-field of 32 bits at most")},
        {"  unsigned int flag : 1;", "  int flag : 1;",
         BITS("flag", "an unsigned bit-field of 1 bit")},
        {"optional uint32 three = 2 [(ekiden.field).bits = 3]",
         "optional int32 three = 2 [(ekiden.field).bits = 32]",
         BITS("three", "a bit-field of 32 bits at most, or of 31 where it is unsigned")},
        /* Where bit-fields are is not known, but that they are in one place. */
        {"  long after;", "  long after; long added;", GAPS},
        {"  long before;", "  long added; long before;", GAPS},
        {"  unsigned int unused : 9;\n  long after;", "  long after;  unsigned int unused : 9;",
         GAPS},
        {"  char *behind;", "  char *behind; char added[32];", BEHIND("struct flags", "behind")},
        {"unsigned int only : 2;", "unsigned int only : 2; long added;",
         "EKIDEN_TYPE(struct flags, low) has a member that message Flags neither binds nor "
         "ignores"},
        {"ignore: \"tags\"", "ignore: \"tags\" ignore: \"added\"", "added"},
        {"  struct node *anchor;", "  struct node anchor;",
         "struct flags: \"anchor\" is bound to Flags.anchor and must be a pointer, because of "
         "`reference`"},
};

/* The line of the schema that has a text. */
static int line_of(const char *text)
{
        const char *place = strstr(schema, text);
        int line = 1;

        cr_assert_not_null(place, "%s", text);
        for (const char *c = schema; c < place; c++)
                line += *c == '\n';
        return line;
}

static void write_changed(const char *directory, const char *name, const char *text,
                          const struct change *change)
{
        const char *place = change != NULL ? strstr(text, change->from) : NULL;
        char *changed = NULL;

        if (place == NULL) {
                write_file(directory, name, text);
                return;
        }
        cr_assert_geq(asprintf(&changed, "%.*s%s%s", (int)(place - text), text, change->to,
                               place + strlen(change->from)),
                      0);
        write_file(directory, name, changed);
        free(changed);
}

/* Generates from both, changed, and compiles: what the compiler says, for the caller to free. gcc
 * shows a sentence as C has it, with a backslash before each quote: without those. */
static char *compile(const struct change *change, const char *compiler, const char *language,
                     int *ret_status)
{
        static char *const files[] = {(char *)"box_v1.proto",
                                      (char *)"--plugin=protoc-gen-c=" TEST_PROTOC_GEN_C,
                                      (char *)"--c_out=.", NULL};
        const char *what = change != NULL ? change->to : "nothing changed";
        char scratch[SCRATCH_SIZE], *errors, *command, *to;

        scratch_init(scratch);
        write_changed(scratch, "box.h", header, change);
        write_changed(scratch, "box_v1.proto", schema, change);
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s: %s", what, errors);
        free(errors);
        cr_assert_geq(asprintf(&command,
                               "cd %s && %s -x %s -Wall -Wextra -D_GNU_SOURCE -I. "
                               "-isystem " TEST_IDL_DIR " " TEST_INCLUDES
                               " -fsyntax-only box_v1.native.c >errors 2>&1 </dev/null",
                               scratch, compiler, language),
                      0);
        *ret_status = system(command);
        free(command);
        errors = read_file(scratch, "errors", NULL);
        cr_assert_not_null(errors);
        scratch_deinit(scratch);
        to = errors;
        for (const char *from = errors; *from != '\0'; from++)
                if (from[0] != '\\' || from[1] != '"')
                        *to++ = *from;
        *to = '\0';
        return errors;
}

/* Whether that goes as the change wants. */
static void try(const struct change *change, const char *compiler, const char *language)
{
        const char *what = change != NULL ? change->to : "nothing changed";
        int status;
        char *errors = compile(change, compiler, language, &status);

        if (change == NULL || change->sentence == NULL) {
                cr_expect(status == 0 && errors[0] == '\0', "%s, in %s: %s", what, language,
                          errors);
        } else {
                cr_expect_neq(status, 0, "%s, in %s: it compiles", what, language);
                cr_expect_not_null(strstr(errors, change->sentence), "%s, in %s: no \"%s\" in: %s",
                                   what, language, change->sentence, errors);
        }
        free(errors);
}

Test(native, each_member_that_is_not_what_the_schema_says_does_not_compile)
{
        try(NULL, TEST_C11, "c");
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                try(&changes[i], TEST_C11, "c");
}

#ifdef TEST_CXX
Test(native, nor_does_it_in_cplusplus)
{
        try(NULL, TEST_CXX, "c++");
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                try(&changes[i], TEST_CXX, "c++");
}
#endif

/* What is in the schema at a text, with the sentence behind `file:line: `. */
static void expect_place(const char *errors, const char *text, const char *sentence)
{
        char *told;

        cr_assert_geq(asprintf(&told, "box_v1.proto:%d: %s", line_of(text), sentence), 0);
        cr_expect_not_null(strstr(errors, told), "no \"%s\" in: %s", told, errors);
        free(told);
}

Test(native, a_compile_error_names_the_line_of_the_schema)
{
        static const struct {
                struct change change; /* its sentence is at the place of `text` */
                const char *text;
        } cases[] = {
                {{"  int i32;", "  float i32;", MUST("i32", "i32", INT32)}, "optional int32 i32"},
                {{"  float f;", "  double f;", MUST("f", "f", "a float")}, "optional float f"},
                {{"  size_t blob_size;", "  void *blob_size;",
                  "struct box: \"blob_size\" is the length of Box.blob and must be an integer"},
                 "optional bytes blob"},
                {{"  int kind;", "  float kind;",
                  "struct box: \"kind\" is the discriminator of Box.u"},
                 "oneof u {"},
                {{"  bool b;", "  bool b; char added[7];",
                  "struct box has a member behind \"b\" that message Box neither"},
                 "message Box {"},
                {{"  long after;", "  long after; long added;",
                  "struct flags has a member that message Flags neither"},
                 "message Flags {"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                int status;
                char *errors = compile(&cases[i].change, TEST_C11, "c", &status);

                cr_expect_neq(status, 0);
                expect_place(errors, cases[i].text, cases[i].change.sentence);
                free(errors);
        }
}

Test(native, of_a_member_that_there_is_not_the_first_line_shows_which_field_wants_it)
{
        static const struct {
                struct change change;
                const char *text, *role;
        } cases[] = {
                {{"u32 = 2;", "u32 = 2 [(ekiden.field).c_member = \"missing\"];", "missing"},
                 "optional uint32 u32",
                 "bound to field \"u32\""},
                {{"length = \"many_count\"", "length = \"missing\"", "missing"},
                 "repeated int32 many",
                 "the length of field \"many\""},
                {{"low.only", "low.missing", "missing"},
                 "optional E only",
                 "bound to field \"only\""},
                {{"c_discriminator = \"kind\"", "c_discriminator = \"missing\"", "missing"},
                 "option (ekiden.oneof)",
                 "the discriminator of oneof \"u\""},
                {{"ignore: \"last\"", "ignore: \"last\" ignore: \"missing\"", "missing"},
                 "ignore: \"last\"",
                 "ignored"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                int status;
                char *errors = compile(&cases[i].change, TEST_C11, "c", &status);
                char *second = strstr(errors, "error:");

                cr_expect_neq(status, 0);
                second = second != NULL ? strstr(second + 1, "error:") : NULL;
                if (second != NULL)
                        *second = '\0';
                cr_expect_not_null(strstr(errors, "missing"), "%s", errors);
                cr_expect_null(strstr(errors, "macro"), "%s", errors);
                expect_place(errors, cases[i].text, cases[i].role);
                free(errors);
        }
}

Test(native, a_table_of_functions_that_is_missing_is_placed_by_the_linker)
{
        static char *const files[] = {(char *)"box_v1.proto",
                                      (char *)"--plugin=protoc-gen-c=" TEST_PROTOC_GEN_C,
                                      (char *)"--c_out=.", NULL};
        char scratch[SCRATCH_SIZE], *errors, *command, *place;

        scratch_init(scratch);
        write_file(scratch, "box.h", header);
        write_file(scratch, "box_v1.proto", schema);
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s", errors);
        free(errors);
        cr_assert_geq(asprintf(&command,
                               "cd %s && LC_ALL=C " TEST_LINKING_CC
                               " -g -D_GNU_SOURCE -I. -isystem " TEST_IDL_DIR " " TEST_INCLUDES
                               " -shared -fPIC -Wl,-z,defs -o box.so "
                               "box_v1.native.c >errors 2>&1 </dev/null",
                               scratch),
                      0);
        cr_assert_neq(system(command), 0);
        free(command);
        errors = read_file(scratch, "errors", NULL);
        cr_assert_geq(asprintf(&place, "box_v1_proto_%d_names_handlers",
                               line_of("optional string handler")),
                      0);
        cr_expect_not_null(strstr(errors, place), "no \"%s\" in: %s", place, errors);
        cr_expect_not_null(strstr(errors, "handlers"), "%s", errors);
        free(place);
        free(errors);
        scratch_deinit(scratch);
}

/* Two of them in one line, in a file whose name C would take for a number. */
Test(native, a_table_of_functions_is_named_by_an_identifier_of_its_own)
{
        static char *const files[] = {(char *)"2box_v1.proto",
                                      (char *)"--plugin=protoc-gen-c=" TEST_PROTOC_GEN_C,
                                      (char *)"--c_out=.", NULL};
        char scratch[SCRATCH_SIZE], *errors, *command;

        scratch_init(scratch);
        write_file(scratch, "box.h", "struct box { void (*first)(void), (*second)(void); };\n");
        write_file(scratch, "2box_v1.proto",
                   "syntax = \"proto2\"; package box.v1; import \"ekiden/options.proto\";\n"
                   "option (ekiden.program) = { name: \"box\" version: 1 c_include: \"box.h\" };\n"
                   "message Box { option (ekiden.item) = { name: \"box\" };\n"
                   "option (ekiden.message).c_struct = \"struct box\";\n"
                   "optional string first = 1 [(ekiden.field).function = \"firsts\"];"
                   "optional string second = 2 [(ekiden.field).function = \"seconds\"]; }\n");
        cr_assert_eq(run_protoc(scratch, scratch, files, &errors), 0, "%s", errors);
        free(errors);
        cr_assert_geq(asprintf(&command,
                               "cd %s && " TEST_LINKING_CC
                               " -D_GNU_SOURCE -I. -isystem " TEST_IDL_DIR " " TEST_INCLUDES
                               " -fsyntax-only 2box_v1.native.c </dev/null",
                               scratch),
                      0);
        cr_expect_eq(system(command), 0);
        free(command);
        scratch_deinit(scratch);
}

Test(native, every_change_is_of_something_that_is_there)
{
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                cr_expect(strstr(header, changes[i].from) != NULL ||
                                  strstr(schema, changes[i].from) != NULL,
                          "there is no \"%s\"", changes[i].from);
}
