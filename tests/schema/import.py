# SPDX-License-Identifier: MIT
"""import: an annotated header becomes version 1 of a schema, or it is said why not and what to do."""
import os
import re
import subprocess
import unittest

from support import HEADERS, IDL, SOURCE, Case

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = '#include <ekiden/annotate.h>\n'


class Import(Case):
    def importing(self, *arguments, **keywords):
        return self.run_tool('import', '-I' + HEADERS, *arguments, **keywords)

    def header(self, body, name='shop.h'):
        """A header whose body begins in line 2."""
        return self.write(name, INCLUDE + body)

    def members(self, members):
        """The fields of a struct with these members, or what is wrong with them."""
        self.header('struct shop {\n' + members + '\n};\n')
        return self.importing('shop.h', '--struct', 'shop')

    def fields(self, members):
        result = self.members(members)
        self.expect(result, 0, err='')
        return [line.strip() for line in result.out.splitlines()
                if line.startswith('  optional') or line.startswith('  repeated')]

    def generate(self, schema):
        """What the generator, protoc-c and compilers make of a schema; fails where they refuse."""
        os.makedirs(self.path('out'), exist_ok=True)
        subprocess.run([os.environ['PROTOC'], '-I.', '-I' + IDL, '--c_out=out', '--ekiden_out=out',
                        '--plugin=protoc-gen-ekiden=' + os.environ['PROTOC_GEN_EKIDEN'], schema],
                       cwd=self.directory, check=True, timeout=60)
        sources = [name for name in os.listdir(self.path('out')) if name.endswith('.c')]
        for name in sources:
            process = subprocess.run(
                os.environ['CC'].split() + [
                    '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wno-missing-braces', '-I.',
                    '-Iout', '-I' + HEADERS, '-I' + os.path.join(SOURCE, 'transformers/include'),
                    '-I' + IDL, '-c', os.path.join('out', name), '-o', os.devnull],
                cwd=self.directory, timeout=60, check=False, stderr=subprocess.PIPE, text=True)
            self.assertEqual(process.returncode, 0, process.stderr)
        return sources


class Good(Import):
    def setUp(self):
        super().setUp()
        with open(os.path.join(HERE, 'everything.h'), encoding='utf-8') as file:
            self.everything = file.read()

    def test_everything_becomes_the_schema_that_is_kept(self):
        self.write('everything.h', self.everything)
        result = self.importing('everything.h', '--struct', 'foo')
        with open(os.path.join(HERE, 'everything_v1.proto'), encoding='utf-8') as file:
            self.expect(result, 0, out=file.read(), err='')

    def test_the_generator_takes_it_without_an_edit(self):
        self.write('everything.h', self.everything)
        self.expect(self.importing('everything.h', '--struct', 'foo', '--output',
                                   'everything_v1.proto'), 0, out='', err='')
        sources = self.generate('everything_v1.proto')
        self.assertIn('everything_v1.ekiden.c', sources)
        self.assertIn('everything_v1.native.c', sources)

    def test_the_annotations_are_nothing_to_a_compiler(self):
        self.write('everything.h', self.everything)
        self.write('user.c', '#include "everything.h"\n')
        for language in ('c', 'c++'):
            with self.subTest(language=language):
                subprocess.run(os.environ['CC'].split() + [
                    '-x', language, '-Wall', '-Wextra', '-Werror', '-I' + HEADERS, '-fsyntax-only',
                    'user.c'], cwd=self.directory, check=True, timeout=60)

    def test_its_schema_is_frozen_and_verified_like_any_other(self):
        self.header('struct shop { int size; };\n')
        self.expect(self.importing('shop.h', '--struct', 'shop', '--output', 'v1.proto'), 0)
        self.expect(self.schemas('freeze', 'v1.proto'), 0)
        self.expect(self.schemas('verify', 'v1.proto'), 0)

    def test_annotations_stand_before_or_behind_or_within(self):
        for member in ('ZT char *name;', 'char *ZT name;', 'char *name ZT;', 'char ZT *name;'):
            with self.subTest(member=member):
                self.assertEqual(self.fields(member),
                                 ['optional string name = 1 [(ekiden.field).zt = true];'])

    def test_long_names_do_without_the_short_ones(self):
        self.write('shop.h', '#define EKIDEN_NO_SHORT_NAMES\n' + INCLUDE + '''
            enum CASE { ZT, IGNORE, PTR };
            struct shop {
                char *EKIDEN_ZT a; EKIDEN_IGNORE void *b; struct shop *EKIDEN_PTR c; int n;
                char *EKIDEN_PTRARRAY(n) d; int e EKIDEN_DESCRIPTOR; char f[3] EKIDEN_BYTES;
                int (*g)(void) EKIDEN_FUNCTION_IN(table); struct shop *EKIDEN_REFERENCE h;
                EKIDEN_TAGGED(n2, 0) union { EKIDEN_CASE(1) int i; } u; int n2;
            };''')
        long = self.importing('shop.h', '--struct', 'shop')
        self.header('''struct shop {
                char *ZT a; IGNORE void *b; struct shop *PTR c; int n; char *PTRARRAY(n) d;
                int e DESCRIPTOR; char f[3] BYTES; int (*g)(void) FUNCTION(table);
                struct shop *REFERENCE h; TAGGED(n2, 0) union { CASE(1) int i; } u; int n2;
            };''')
        self.expect(self.importing('shop.h', '--struct', 'shop'), 0, out=long.out, err='')

    def test_the_room_of_an_array_that_grows_has_no_field(self):
        self.assertEqual(
            self.fields('char *PTRARRAY(used, room) data; unsigned used, room;'),
            ['optional bytes data = 1 [(ekiden.field) = { length: "used" capacity: "room" }];'])
        result = self.members('struct { int n, bufCap; short *PTRARRAY( n , bufCap ) v; } in;')
        self.expect(result, 0, err='')
        self.assertIn('length: "in.n"', result.out)
        self.assertIn('capacity: "in.bufCap"', result.out)
        self.assertNotIn(' = 2', result.out)

    def test_what_may_be_the_room_of_an_array_beside_it_is_noted(self):
        note = (': note: member "{0}" crosses as a number: if it says how many elements "data" has room '
                'for, annotate that with PTRARRAY(used, {0})')
        for name in ('capacity', 'alloced', 'size', 'dataRoom'):
            with self.subTest(name=name):
                result = self.members(f'char *PTRARRAY(used) data; int used; unsigned {name};')
                self.expect(result, 0)
                self.assertIn(note.format(name), result.err)
                self.assertIn(f' {name} = 2;', result.out)
        self.fields('char *PTRARRAY(used) data; int used, age; float size; IGNORE int cap;')
        self.fields('char *PTRARRAY(used, cap) data; int used, cap, size;')
        self.fields('char data[8] PTRARRAY(used); int used, size;')

    def test_arguments_that_are_macros_stay_as_they_are_written(self):
        self.header('#define ONE 1\nstruct shop { int k; TAGGED(k) union { CASE(ONE) int i; } u; };')
        self.assertIn('c_case: "ONE"', self.importing('shop.h', '--struct', 'shop').out)

    def test_a_struct_is_found_by_tag_or_typedef(self):
        self.header('typedef struct { int a; } plain_t;\nstruct tag { int b; };\n'
                    'typedef struct tag alias;\n')
        for name, c_struct in (('plain_t', 'plain_t'), ('tag', 'struct tag'),
                               ('struct tag', 'struct tag'), ('alias', 'struct tag')):
            with self.subTest(name=name):
                result = self.importing('shop.h', '--struct', name)
                self.expect(result, 0, err='')
                self.assertIn(f'c_struct: "{c_struct}"', result.out)

    def test_each_struct_that_is_asked_for_is_an_item_once(self):
        self.header('struct a { struct b *b; };\nstruct b { int n; };\n')
        result = self.importing('shop.h', '--struct', 'a', '--struct', 'b', '--struct', 'struct a')
        self.expect(result, 0, err='')
        self.assertEqual(result.out.count('(ekiden.item)'), 2)
        self.assertEqual(result.out.count('message '), 2)

    def test_a_struct_is_a_stream_with_a_key_if_that_is_asked_for(self):
        self.header('struct shop { long a; char name[8]; struct { int port; } peer; double x; int fd '
                    'DESCRIPTOR; char *PTRARRAY(n) v; int n; };\n')
        for wanted, item in (('shop:stream', 'stream: true'),
                             ('struct shop:stream:a', 'stream: true key: "a"'),
                             ('shop:stream:name', 'stream: true key: "name"'),
                             ('shop:stream:peer.port', 'stream: true key: "peer_port"')):
            with self.subTest(wanted=wanted):
                result = self.importing('shop.h', '--struct', wanted)
                self.expect(result, 0, err='')
                self.assertIn(f'option (ekiden.item) = {{ name: "shop" {item} }};', result.out)
        for key in ('b', 'x', 'fd', 'n', 'peer'):
            with self.subTest(key=key):
                result = self.importing('shop.h', '--struct', 'shop:stream:' + key)
                self.expect(result, 3, out='')
                self.assertIn(f'struct shop has no member "{key}" that can be a key', result.err)
        self.expect(self.importing('shop.h', '--struct', 'shop:stream:a', '--output', 'v1.proto'), 0)
        self.assertIn('v1.native.c', self.generate('v1.proto'))

    def test_an_identity_is_called_so_unless_a_member_is(self):
        for member, name in (('int id', 'identity'), ('int identity', 'object_identity')):
            with self.subTest(member=member):
                self.header(f'struct shop {{ struct shop *next; {member}; }};\n')
                self.assertIn(f'optional uint64 {name} = 1 [(ekiden.field).identity = true];',
                              self.importing('shop.h', '--struct', 'shop').out)

    def test_only_what_pointers_point_to_has_an_identity(self):
        self.header('struct b { int n; };\nstruct a { struct b b; struct c *c; };\n'
                    'struct c { int n; };\n')
        result = self.importing('shop.h', '--struct', 'a')
        self.assertEqual(result.out.count('identity = true'), 1)
        self.assertIn('identity = true', result.out[result.out.index('message C'):])

    def test_a_root_without_a_size_is_a_stream(self):
        self.header('struct a { int n; char data[] PTRARRAY(n); };\n')
        self.assertIn('option (ekiden.item) = { name: "a" stream: true };',
                      self.importing('shop.h', '--struct', 'a').out)

    def test_defines_and_directories_are_passed_on(self):
        self.write('inc/types.h', 'typedef int size;\n')
        self.header('#include <types.h>\n#ifdef WIDE\nstruct a { long n; };\n#elif LEVEL == 3\n'
                    'struct a { size n; };\n#endif\n')
        self.assertIn('int64 n', self.importing('-Iinc', '-DWIDE', 'shop.h', '--struct', 'a').out)
        self.assertIn('int32 n', self.importing('-I', 'inc', '-D', 'LEVEL=3', 'shop.h', '--struct',
                                                'a').out)

    def test_the_header_is_included_below_the_directory_that_was_given(self):
        self.header('struct a { int n; };\n', 'src/deep/shop.h')
        for directory, name in (('.', 'src/deep/shop.h'), ('src', 'deep/shop.h'),
                                ('src/deep/', 'shop.h')):
            with self.subTest(directory=directory):
                result = self.importing('-I' + directory, 'src/deep/shop.h', '--struct', 'a')
                self.assertIn(f'c_include: "{name}"', result.out)

    def test_the_version_is_1_unless_it_is_said(self):
        self.header('struct shop { int size; };\n')
        result = self.importing('shop.h', '--struct', 'shop', '--schema-version', '7')
        self.expect(result, 0, err='')
        for text in ('version 7.', 'package shop.v7;', '  version: 7\n'):
            self.assertIn(text, result.out)
        self.assertIn('package shop.v1;', self.importing('shop.h', '--struct', 'shop').out)
        for wrong in ('0', '-1', '1x', '4294967296', ''):
            result = self.importing('shop.h', '--struct', 'shop', '--schema-version', wrong)
            self.assertNotEqual(result.status, 0)
            self.assertIn(f'"{wrong}" is no version', result.err)

    def test_the_license_is_that_of_the_header(self):
        self.write('shop.h', '/* SPDX-License-Identifier: MIT OR GPL-2.0+ */\nstruct shop { int n; };\n')
        result = self.importing('shop.h', '--struct', 'shop')
        self.assertTrue(result.out.startswith(
            '// SPDX-License-Identifier: MIT OR GPL-2.0+\n//\n// The state of shop'), result)
        self.header('struct shop { int n; };\n')
        self.assertNotIn('SPDX', self.importing('shop.h', '--struct', 'shop').out)

    def test_the_program_is_the_header_unless_it_is_said(self):
        self.header('struct a { int n; };\n', 'my.shop-2.h')
        result = self.importing('my.shop-2.h', '--struct', 'a')
        self.assertIn('name: "my_shop-2"', result.out)
        self.assertIn('package my_shop_2.v1;', result.out)
        result = self.importing('my.shop-2.h', '--struct', 'a', '--program', 'bank')
        self.assertIn('package bank.v1;', result.out)

    def test_comments_are_carried_over_and_cannot_leave_their_line(self):
        result = self.members('int a; // what\x1b[31m a is: "*/ } message\nint b; /** First\n * '
                              'second. */')
        self.expect(result, 0, err='')
        self.assertNotIn('\x1b', result.out)
        lines = result.out.splitlines()
        self.assertIn('  // what [31m a is: "*/ } message', lines)

    def test_names_that_meet_in_c_are_told_apart(self):
        members = ('int x, has_x; int v[2]; int n_v; int base; int Foo, foo; int __y; '
                   'int nullptr;')
        fields = self.fields(members)
        self.assertEqual(len({field.split()[2] for field in fields}), 9)
        self.header('struct shop { ' + members + ' };')
        self.expect(self.importing('shop.h', '--struct', 'shop', '--output', 'shop_v1.proto'), 0)
        self.generate('shop_v1.proto')

    def test_an_output_that_is_there_is_not_replaced(self):
        self.header('struct a { int n; };\n')
        self.write('out.proto', 'mine')
        result = self.importing('shop.h', '--struct', 'a', '--output', 'out.proto')
        self.expect(result, 72, out='')
        self.assertIn('out.proto cannot be written: File exists; choose another name', result.err)
        self.assertEqual(self.read('out.proto'), 'mine')


class Bad(Import):
    MEMBERS = {
        'char *m;': 'annotate it with ZT if a NUL ends them, with PTRARRAY(MEMBER)',
        'void *m;': 'points to nobody knows what',
        'int *m;': 'annotate it with PTRARRAY(MEMBER) if a member counts',
        'char **m;': 'annotate it with PTRARRAY(MEMBER)',
        'int (*m)(void);': 'annotate it with FUNCTION(TABLE)',
        'struct nowhere *m;': 'has no members here: include the header',
        'union { int a; float b; } m;': 'is a union: annotate it with TAGGED(MEMBER)',
        'union { int a; float b; };': 'is a union: annotate it with TAGGED(MEMBER)',
        'union u { int a; } *m;': 'is a union, and a union alone does not say',
        'int m[2][2];': 'is an array of arrays',
        'long double m;': 'has a type that no schema has',
        '__int128 m;': 'has a type that no schema has',
        '_Complex double m;': 'has a type that no schema has',
        '_Atomic int m;': 'has a type that no schema has',
        'int n; char m[];': 'has no size: annotate it with PTRARRAY(MEMBER)',
        'int m[0];': 'has no size: annotate it with PTRARRAY(MEMBER)',
        'struct { int a; } *m;': 'give the struct a tag',
        'struct { int a; } m[2];': 'give the struct a tag',
        'enum { BIG = 0x100000000 } m;': 'constant BIG is outside',
        'enum nowhere *m;': None,
        'char *PTRARRAY(none) m;': 'names the member "none", which there is none of',
        'float f; char *PTRARRAY(f) m;': 'names the member "f", which is no integer',
        'int b : 3; char *PTRARRAY(b) m;': 'which is no integer, but a bit-field',
        'char *PTRARRAY(2) m;': 'PTRARRAY(2): give it the name of the member',
        'char *PTRARRAY(n, none) m; int n;': 'names the member "none", which there is none of',
        'char *PTRARRAY(n, n) m; int n;': 'names the member "n", which is the count of "m" already',
        'char *PTRARRAY(n, r, s) m; int n, r, s;': 'one other member at most',
        'char m[8] PTRARRAY(n, r); int n, r;': 'remove the second argument',
        'int n; int m PTRARRAY(n);': 'is annotated with PTRARRAY, but is no array',
        'int n; char *m PTRARRAY(n) PTRARRAY(m);': 'annotation PTRARRAY is there twice',
        'int ZT m;': 'is annotated with ZT, but is no pointer to char',
        'int BYTES m;': 'is annotated with BYTES, but is no array of char',
        'int PTR m;': 'is annotated with PTR or REFERENCE',
        'int *PTR m;': 'is annotated with PTR, but does not point to a struct',
        'double DESCRIPTOR m;': 'is annotated with DESCRIPTOR, but is no int',
        'int FUNCTION(t) m;': 'is annotated with FUNCTION, but is no pointer',
        'int (*m)(void) FUNCTION(1);': 'FUNCTION(1): give it the name of the program',
        'TAGGED(k) int m; int k;': 'is annotated with TAGGED, but is no union',
        'CASE(1) int m;': 'is annotated with CASE, but its union is not',
        'TAGGED(k) union { CASE(1) int a; };': 'names the member "k", which there is none of',
        'int k; TAGGED(k) union { int a; } m;': 'needs CASE(VALUE)',
        'int k; TAGGED(k) union { CASE(1 + 2) int a; } m;': 'CASE(1 + 2): give it an integer',
        'int k; TAGGED(k) union { CASE(1) int a[2]; } m;': 'is an array in a union',
        'int k; TAGGED(k) union { CASE(1) struct { int a; } b; } m;': 'give the struct a tag',
        'int k; TAGGED(k) union { CASE(1) union { int a; } b; } m;': 'is a union in a union',
        'int k; TAGGED(k, a, b) union { CASE(1) int a; } m;': 'TAGGED(a, b): give it one value',
        'int n; char *PTRARRAY(n) a; char *PTRARRAY(n) m;': 'which is the count of "a" already',
        'int n; TAGGED(n) union { CASE(1) int a; } u; char *PTRARRAY(n) m;':
            'which is the discriminator of "u" already',
        'int n; TAGGED(n) union { CASE(1) int a; } u; TAGGED(n) union { CASE(1) int a; } m;':
            'which is the discriminator of "u" already',
        'IGNORE int n; char *PTRARRAY(n) m;': 'member "n" is the count of "m": remove IGNORE',
        'int n; TAGGED(n) union { CASE(1) int a; CASE(1) int b; } m;': 'has the CASE of another',
        'int n; TAGGED(n, 1) union { CASE(1) int a; } m;': 'or the value at which none is in use',
        'int n; TAGGED(n) union { CASE(1u) int a; } m;': 'CASE(1u): give it an integer',
        'int k; TAGGED(k) union { int n; CASE(1) char *PTRARRAY(n) a; } m;':
            'names the member "n", which there is none of',
        'int k, n; TAGGED(k) union { CASE(1) int a; CASE(2) char b[0] PTRARRAY(n); } m;':
            'has no size, and is in a union',
        'int m : 4 DESCRIPTOR;': 'is annotated with DESCRIPTOR, but is no int',
        'int größe;': 'has a name that the generator does not take',
        'IGNORE int $m;': 'has a name that the generator does not take',
        'enum { $M } m;': 'constant $M has a name that the generator does not take',
        'struct $m *m; }; struct $m { int a;': 'struct $m has a name that the generator does not',
        'struct flexible { int n; char d[] PTRARRAY(n); } m;': 'which ends with an array without',
        '__attribute__((annotate("ekiden:new"))) int m;': 'annotation "new" is not known here',
        'IGNORE int m;': 'has no member that crosses',
    }

    def test_each_member_that_cannot_be_imported_is_told_with_what_to_do(self):
        for members, expected in self.MEMBERS.items():
            with self.subTest(members=members):
                result = self.members('int first;' * (expected != 'has no member that crosses')
                                      + members)
                self.expect(result, 3, out='')
                lines = result.err.splitlines()
                self.assertRegex(lines[0], r'^shop\.h:[23]:\d+: error: ')
                self.assertEqual(len(lines), len(set(lines)))
                if expected is not None:
                    self.assertIn(expected, result.err)

    def test_all_faults_are_told_at_once_and_nothing_is_written(self):
        self.header('struct shop {\n char *a;\n void *b;\n};\n')
        result = self.importing('shop.h', '--struct', 'shop', '--output', 'out.proto')
        self.expect(result, 3, out='')
        self.assertEqual([line.split(': ')[0] for line in result.err.splitlines()],
                         ['shop.h:3:8', 'shop.h:4:8'])
        self.assertEqual(os.listdir(self.directory), ['shop.h'])

    def test_structs_of_the_system_are_refused_where_the_user_has_them(self):
        self.header('#include <stdio.h>\n#include <pthread.h>\nstruct shop {\n FILE *file;\n'
                    ' pthread_mutex_t lock;\n};\n')
        result = self.importing('shop.h', '--struct', 'shop')
        self.expect(result, 3, out='')
        self.assertEqual(sorted(line.split(': ')[0] for line in result.err.splitlines()),
                         ['shop.h:5:8', 'shop.h:6:18'])
        self.assertIn('stay out of it with IGNORE', result.err)

    def test_a_struct_that_is_not_there_is_told(self):
        self.header('struct declared;\ntypedef int number;\nunion both { int a; };\n')
        for name, expected in (('nothing', 'has no struct "nothing"'),
                               ('declared', 'is declared, but has no members here'),
                               ('number', '"number" is no struct'),
                               ('struct number', 'has no struct "number"'),
                               ('both', 'is a union')):
            with self.subTest(name=name):
                result = self.importing('shop.h', '--struct', name)
                self.expect(result, 3, out='')
                self.assertIn(expected, result.err)

    def test_a_header_that_does_not_compile_is_told_as_a_compiler_does(self):
        self.header('struct shop { missing_t a; };\n')
        result = self.importing('shop.h', '--struct', 'shop')
        self.expect(result, 3, out='')
        self.assertIn("shop.h:2:15: error: unknown type name 'missing_t'", result.err)
        self.assertIn('give -I and -D as the program', result.err)

    def test_an_annotation_in_the_wrong_place_is_told_as_such(self):
        for member in ('void (*call FUNCTION(table))(int);', 'void (*call EKIDEN_FUNCTION_IN(t))(int);',
                       'int n; char *data PTRARRAY;'):
            with self.subTest(member=member):
                result = self.members(member)
                self.expect(result, 3, out='')
                self.assertIn('an annotation cannot stand there, or lacks its argument', result.err)
                self.assertNotIn('by itself', result.err)
        for member in ('FUNCTION(table) void (*call)(int);', 'void (*call)(int) FUNCTION(table);'):
            with self.subTest(member=member):
                self.expect(self.members(member), 0, err='')
        self.assertNotIn('annotation', self.members('missing_t a; char *ZT b;').err)

    def test_the_manual_has_each_annotation_in_its_place(self):
        with open(os.path.join(SOURCE, 'docs/man/ekiden-schema.1'), encoding='utf-8') as file:
            example, = re.findall(r'^(struct session \{.*?^\};)', file.read(), re.M | re.S)
        self.header('#include <stddef.h>\nenum kind { KIND_NONE, KIND_NUMBER, KIND_TEXT };\n'
                    'struct room { int n; };\nstruct user { int n; };\n' + example)
        self.expect(self.importing('shop.h', '--struct', 'session:stream', '--output', 'v1.proto'), 0,
                    err='')
        self.generate('v1.proto')
        with open(os.path.join(HEADERS, 'ekiden/annotate.h'), encoding='utf-8') as file:
            header = file.read()
        for name in re.findall(r'^#define (\w+)', header.split('NO_SHORT_NAMES\n')[1], re.M):
            with self.subTest(name=name):
                self.assertRegex(example, rf'\b{name}\b')
                self.assertRegex(header, rf'(?m)^ \* .*\b{name}\b.*;$|^ \*.*\b{name}\(')

    def test_a_header_that_cannot_be_read_is_told(self):
        for name in ('none.h', '.'):
            with self.subTest(name=name):
                result = self.importing(name, '--struct', 'shop')
                self.expect(result, 3, out='')
                self.assertIn(f'{name} cannot be read: ', result.err)

    def test_a_program_needs_a_good_name(self):
        self.header('struct a { int n; };\n', '1.h')
        result = self.importing('1.h', '--struct', 'a')
        self.expect(result, 3, out='')
        self.assertIn('give --program a letter', result.err)


if __name__ == '__main__':
    unittest.main()
