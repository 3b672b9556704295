# SPDX-License-Identifier: MIT
"""Whatever a header, a schema or a lock file holds: an answer, and never a crash."""
import os
import random
import unittest

from support import HEADERS, Case

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20261126
ROUNDS = 60

ITEM = 'message Job { option (ekiden.item) = { name: "jobs" }; optional int32 n = 1; }\n'


class Hostile(Case):
    def expect_an_answer(self, result, statuses=(0, 3)):
        self.assertIn(result.status, statuses, result)
        if result.status != 0:
            self.assertTrue((result.out + result.err).strip(), 'it failed without a word')
        for word in ('crash', 'Sanitizer', 'runtime error'):
            self.assertNotIn(word, result.err)

    def mutations(self, content):
        source = random.Random(SEED)
        for _ in range(ROUNDS):
            data = bytearray(content)
            for _ in range(source.randint(1, 6)):
                at = source.randrange(len(data))
                choice = source.randrange(4)
                if choice == 0:
                    data[at] = source.randrange(256)
                elif choice == 1:
                    del data[at:at + source.randint(1, 40)]
                elif choice == 2:
                    other = source.randrange(len(data))
                    data[at:at] = data[other:other + source.randint(1, 60)]
                else:
                    data[at:at] = source.choice([b'{', b'}', b'*', b'[0]', b'\0', b'union', b'",',
                                                 b'99999999999999999999', b'\xff\xfe', b'//'])
            yield bytes(data)

    def test_a_damaged_header_is_answered(self):
        with open(os.path.join(HERE, 'everything.h'), 'rb') as file:
            content = file.read()
        for data in self.mutations(content):
            self.write('shop.h', data)
            self.expect_an_answer(self.run_tool('import', '-I' + HEADERS, 'shop.h', '--struct',
                                                'foo'))

    def test_a_damaged_schema_is_answered(self):
        with open(os.path.join(HERE, 'everything_v1.proto'), 'rb') as file:
            content = file.read()
        self.write('old.proto', content)
        newer = content.replace(b'everything.v1', b'everything.v2').replace(b'version: 1',
                                                                            b'version: 2')
        for data in self.mutations(newer):
            self.write('new.proto', data)
            self.expect_an_answer(self.schemas('check', 'old.proto', 'new.proto'), (0, 1, 2, 3))

    def test_a_damaged_lock_file_is_answered(self):
        self.schema('v1.proto', ITEM)
        self.schemas('freeze', 'v1.proto')
        content = self.read('ekiden.lock').encode()
        for data in self.mutations(content):
            self.write('ekiden.lock', data)
            self.expect_an_answer(self.schemas('verify', 'v1.proto'), (0, 2, 3))

    def test_a_huge_lock_file_is_refused(self):
        self.schema('v1.proto', ITEM)
        self.write('ekiden.lock', b'')
        os.truncate(self.path('ekiden.lock'), 1 << 40)
        result = self.schemas('verify', 'v1.proto')
        self.expect(result, 72, out='')
        self.assertIn('File too large', result.err)

    def test_a_lock_file_that_is_a_directory_is_refused(self):
        self.schema('v1.proto', ITEM)
        os.mkdir(self.path('ekiden.lock'))
        result = self.schemas('freeze', 'v1.proto')
        self.expect(result, 72, out='')
        self.assertIn('the lock file ekiden.lock cannot be read: Is a directory', result.err)

    def test_deep_structs_are_answered(self):
        for depth in (100, 255, 1000, 20000):
            self.write('shop.h', 'struct a {' + 'struct {' * depth + 'int n;' +
                       '} s;' * depth + '};')
            self.expect_an_answer(self.run_tool('import', 'shop.h', '--struct', 'a'))

    def test_many_structs_and_constants_are_answered(self):
        constants = ','.join(f'C{i}' for i in range(5000))
        structs = ''.join(f'struct s{i} {{ struct s{i + 1} *next; int a; }};\n'
                          for i in range(2000))
        self.write('shop.h', f'enum e {{ {constants} }};\nstruct s2000 {{ enum e e; }};\n{structs}')
        result = self.run_tool('import', 'shop.h', '--struct', 's0', '--output', 'shop.proto')
        self.expect(result, 0, err='')
        self.expect(self.schemas('freeze', 'shop.proto'), 0)

    def test_deep_messages_are_answered(self):
        for depth in (31, 33, 60, 90):
            self.schema('v1.proto', ITEM + 'message M {' * depth + '}' * depth)
            result = self.schemas('freeze', '--lock', f'{depth}.lock', 'v1.proto')
            self.assertEqual(result.status, 0 if depth < 32 else 3, result)
            self.expect_an_answer(result)

    def test_nothing_moves_the_cursor(self):
        text = 'optional string n = 1 [default = "\\033[2J\\r\\n\\x07"];'
        for version in (1, 2):
            self.schema(f'v{version}.proto', ITEM.replace('optional int32 n = 1;', text),
                        version=version)
        result = self.schemas('diff', 'v1.proto', 'v2.proto')
        self.expect(result, 0)
        self.write('ekiden.lock', b'shop \x1b[2J 0\n')
        lock = self.schemas('verify', 'v1.proto')
        self.expect(lock, 3)
        self.write('\x1b[2J.h', 'int;struct a { char *b; };\n')
        header = self.run_tool('import', '--program', 'a', '\x1b[2J.h', '--struct', 'a')
        self.expect(header, 3)
        for text in (result.out, lock.err, header.err):
            self.assertNotRegex(text, '[\x00-\x09\x0b-\x1f\x7f]')

    def test_a_header_without_end_is_refused(self):
        self.write('shop.h', '#include "shop.h"\n')
        self.expect(self.run_tool('import', 'shop.h', '--struct', 'a'), 3, out='')


if __name__ == '__main__':
    unittest.main()
