# SPDX-License-Identifier: MIT
"""The insertion tool: it adds lines where it is told to, and is sure of the place or says why not."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(os.path.dirname(HERE), 'insert.py')
sys.path.insert(0, os.path.dirname(HERE))

import count  # pylint: disable=wrong-import-position
import insert  # pylint: disable=wrong-import-position

PROGRAM = '''\
#include "x.h"
#define serve(x) { /* a brace that counts nothing

/* serve(now); */
static int serve(int client);

int
serve(int client)
{
  const char* text = "serve(1); while (1) {";
  int ready = client ? look(client)
                     : 0;
  while (ready)
  {
    int got;
    while (more()) { wait_for(client); }
    got = take_one(
        client, 0);
    if (got)
      drop(client);
    else
      keep(client);
    switch (got)
    {
      case 1:
        count(client);
        break;
    }
    tell(client, FIRST); tell(client, SECOND);
  }
  done(client);
  return ready;
}

static void
other(void)
{
  done(1);
}

#ifdef MACHINE
void
lock(void)
{
  done(2);
}
#else
void
lock(void)
{
}
#endif
'''


class Insertions(unittest.TestCase):
    def insert(self, place, lines=('    ours();',), program=PROGRAM, function='serve'):
        """The program's lines after one insertion."""
        insertion = insert.Insertion('list:1', 'x.c', function, place)
        insertion.lines = list(lines)
        return insert.insert(program, [insertion]).splitlines()

    def assert_before(self, place, following, **options):
        """The line of ours is in, the one behind it is `following`, and nothing else has changed."""
        lines = self.insert(place, **options)
        at = lines.index('    ours();')
        self.assertEqual(lines[at + 1].strip(), following)
        self.assertEqual(lines[:at] + lines[at + 1:], PROGRAM.splitlines())

    def refusal(self, place, **options):
        with self.assertRaises(insert.InsertError) as refused:
            self.insert(place, **options)
        return str(refused.exception)

    def test_a_line_goes_to_the_start_of_a_function(self):
        self.assert_before('at start', 'const char* text = "serve(1); while (1) {";')

    def test_a_line_goes_before_the_loop_that_is_in_no_other_block(self):
        self.assert_before('before loop', 'while (ready)')

    def test_a_line_goes_before_a_statement_of_several_lines(self):
        self.assert_before('before call of take_one', 'got = take_one(')

    def test_a_line_goes_behind_a_statement_of_several_lines(self):
        self.assert_before('after call of take_one', 'if (got)')

    def test_a_call_in_a_conditional_expression_is_of_the_whole_statement(self):
        self.assert_before('before call of look', 'int ready = client ? look(client)')

    def test_a_call_behind_a_label_is_a_statement_of_its_own(self):
        self.assert_before('before call of count', 'count(client);')

    def test_an_argument_tells_calls_apart(self):
        self.assert_before('before call of tell with FIRST', 'tell(client, FIRST); tell(client, SECOND);')
        lines = self.insert('before call of tell with SECOND')
        at = lines.index('    ours();')
        self.assertEqual((lines[at - 1].strip(), lines[at + 1].strip()),
                         ('tell(client, FIRST);', 'tell(client, SECOND);'))

    def test_a_line_goes_before_the_statement_that_uses_a_name(self):
        self.assert_before('before use of text', 'const char* text = "serve(1); while (1) {";')

    def test_of_a_function_that_is_defined_for_several_machines_it_is_the_one_that_has_the_place(self):
        self.assert_before('before call of done', 'done(2);', function='lock')
        self.assertIn('the function lock is defined twice', self.refusal('at start', function='lock'))
        self.assertIn('tell() is called nowhere', self.refusal('before call of tell', function='lock'))

    def test_a_line_goes_to_the_end_of_a_file(self):
        lines = self.insert('at end', function=None)
        self.assertEqual(lines, PROGRAM.splitlines() + ['    ours();'])

    def test_insertions_at_one_place_keep_their_order(self):
        both = []
        for text in ('first();', 'second();'):
            both.append(insert.Insertion('list:1', 'x.c', 'serve', 'before loop'))
            both[-1].lines = [text]
        lines = insert.insert(PROGRAM, both).splitlines()
        at = lines.index('first();')
        self.assertEqual(lines[at + 1:at + 3], ['second();', '  while (ready)'])

    def test_a_statement_that_a_condition_governs_is_refused(self):
        self.assertIn('governs without braces', self.refusal('before call of drop'))
        self.assertIn('governs without braces', self.refusal('before call of keep'))

    def test_the_end_of_a_statement_with_a_block_is_refused(self):
        self.assertIn('with a block', self.refusal('after call of more'))

    def test_a_place_that_is_there_twice_is_refused(self):
        self.assertIn('tell() is called twice', self.refusal('before call of tell', program=PROGRAM.replace(
            'tell(client, FIRST); ', 'tell(client, FIRST);\n')))

    def test_a_place_that_is_nowhere_is_refused(self):
        self.assertIn('absent() is called nowhere', self.refusal('before call of absent'))
        self.assertIn('tell() is called with THIRD nowhere', self.refusal('before call of tell with THIRD'))
        self.assertIn('a loop in no other block is there nowhere', self.refusal('before loop', function='other'))
        self.assertIn('the function absent is defined nowhere', self.refusal('at start', function='absent'))

    def test_a_name_in_a_comment_or_string_or_macro_is_none(self):
        # serve is in all three, and declared besides: its definition is found.
        self.assert_before('at start', 'const char* text = "serve(1); while (1) {";')

    def test_a_refusal_names_the_list_the_file_the_place_and_what_to_do(self):
        self.assertEqual(self.refusal('before call of absent'),
                         'list:1: in x.c, serve(), before call of absent: absent() is called nowhere; look at '
                         'that file, and correct the place in the file of insertions')


class Page(unittest.TestCase):
    def test_the_readme_tells_the_count(self):
        with open(os.path.join(os.path.dirname(HERE), 'README.md'), encoding='utf-8') as file:
            rows = [[cell.strip() for cell in line.strip('| \n').split('|')] for line in file
                    if line.startswith('| here')]
        counted = [list(row[:5]) for row in count.ours('/nonexistent')]
        for row in rows + counted:
            row[2] = re.sub(r' of \d+', '', row[2])  # vsftpd's own number of files is known with its sources only
        self.assertEqual(rows, counted)


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='ekiden-insert-')
        self.addCleanup(self.folder.cleanup)
        os.mkdir(self.path('source'))
        self.write('source/x.c', PROGRAM)
        self.write('source/y.c', PROGRAM)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def run_tool(self, insertions):
        self.write('insertions', insertions)
        return subprocess.run([sys.executable, '-B', TOOL, self.path('insertions'), self.path('source'),
                               self.path('copy')], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)

    def test_it_edits_a_copy_and_leaves_the_source_alone(self):
        result = self.run_tool('# a comment\n\nx.c, serve, before loop\n      ours(1,\n           2);\n')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual(self.read('copy/x.c'),
                         PROGRAM.replace('  while (ready)\n', '  ours(1,\n       2);\n  while (ready)\n'))
        self.assertEqual((self.read('source/x.c'), self.read('copy/y.c')), (PROGRAM, PROGRAM))

    def test_no_file_is_edited_if_one_insertion_finds_no_place(self):
        result = self.run_tool('x.c, serve, before loop\n    a();\ny.c, serve, before call of absent\n    b();\n')
        self.assertEqual(result.returncode, 1)
        self.assertIn('insertions:3: in y.c', result.stderr)
        self.assertEqual(self.read('copy/x.c'), PROGRAM)

    def test_what_is_wrong_with_the_list_is_told_with_its_line(self):
        for text, told in (('    ours();\n', 'insertions:1: the line goes nowhere'),
                           ('x.c\n    ours();\n', 'insertions:1: "x.c" is no place'),
                           ('\nx.c, serve, before loop\n', 'insertions:2: in x.c, serve(), before loop: there is '
                                                           'nothing to insert'),
                           ('x.c, serve, somewhere\n    ours();\n', 'there is no such kind of place'),
                           ('z.c, serve, before loop\n    ours();\n', 'the file is not there')):
            with self.subTest(text):
                result = self.run_tool(text)
                self.assertEqual(result.returncode, 1)
                self.assertIn(told, result.stderr)


if __name__ == '__main__':
    unittest.main()
