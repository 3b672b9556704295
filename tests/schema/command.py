# SPDX-License-Identifier: MIT
"""The command line: what it says of itself, and that nothing fails unseen."""
import os
import re
import subprocess
import unittest

from support import HEADERS, SOURCE, TOOL, Case

COMMANDS = ('check', 'diff', 'freeze', 'verify', 'import')


class Command(Case):
    def test_it_says_what_it_is(self):
        self.expect(self.run_tool('--version'), 0, err='',
                    out=f'ekiden-schema {os.environ["VERSION"]}\n')
        result = self.run_tool('--help')
        self.expect(result, 0, err='')
        for command in COMMANDS:
            self.assertRegex(result.out, rf'(?m)^  {command} +\S')

    def test_each_command_says_what_it_is(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                result = self.run_tool(command, '--help')
                self.expect(result, 0, err='')
                self.assertTrue(result.out.startswith(f'Usage: ekiden-schema {command} '), result)
                self.expect(self.run_tool(command, '--version'), 0)

    def test_help_fits_a_terminal(self):
        for arguments in [['--help']] + [[command, '--help'] for command in COMMANDS]:
            for line in self.run_tool(*arguments).out.splitlines():
                self.assertLess(len(line), 80, line)

    def test_what_is_not_valid_is_status_64_and_says_why(self):
        for arguments, expected in (
                ([], 'ekiden-schema: what is to be done? Give a command'),
                (['chekc'], 'ekiden-schema: there is no command "chekc"'),
                (['check'], 'ekiden-schema check: which files? Give two schemas, the older one'),
                (['check', 'a'], 'which files? Give two schemas'),
                (['check', 'a', 'b', 'c'], 'too many files: "c"; check takes two schemas'),
                (['check', 'a', ''], 'the name of a file is empty'),
                (['freeze'], 'which files? Give one schema or more'),
                (['verify'], 'which files? Give all schemas'),
                (['verify', '--lock', 'a', '--lock', 'b', 'c'], '--lock is given twice'),
                (['verify', '--lock=', 'c'], '--lock is empty'),
                (['import'], 'which files? Give one header'),
                (['import', 'a.h'], 'which struct? Give --struct NAME'),
                (['import', 'a.h', '--struct', ''], '--struct is empty'),
                (['import', 'a.h', '--struct', 'a:list'], '"a:list": give --struct NAME, NAME:stream'),
                (['import', 'a.h', '--struct', 'a:stream:'], '"a:stream:": give --struct NAME'),
                (['import', 'a.h', '--struct', 'a:streams'], '"a:streams": give --struct NAME'),
                (['import', 'a.h', '--struct', ':stream'], '":stream": give --struct NAME'),
                (['import', 'a.h', 'b.h', '--struct', 'a'], 'too many files: "b.h"'),
                (['freeze', '--json', 'a'], '--json'),
                (['check', '--lock', 'x', 'a', 'b'], '--lock')):
            with self.subTest(arguments=arguments):
                result = self.run_tool(*arguments)
                self.expect(result, 64, out='')
                self.assertIn(expected, result.err)

    def test_a_file_that_cannot_be_read_is_told(self):
        for command in ('freeze', 'verify'):
            result = self.run_tool(command, 'none.proto')
            self.expect(result, 3, out='')
            self.assertIn('ekiden-schema: none.proto cannot be read: No such file', result.err)

    def test_without_protoc_it_says_what_to_install(self):
        self.schema('v1.proto', '')
        result = self.schemas('freeze', 'v1.proto', env={'PATH': self.directory})
        self.expect(result, 72, out='')
        self.assertIn('protoc could not be run: No such file or directory; install', result.err)

    def test_names_that_look_like_something_else_are_names(self):
        body = 'message Job { option (ekiden.item) = { name: "jobs" }; optional int32 n = 1; }\n'
        for version, name in enumerate(('-x.proto', '@x.proto', 'a b.proto', 'k=v/x.proto'), 1):
            self.schema(name, body, version=version)
            with self.subTest(name=name):
                self.expect(self.schemas('freeze', '--', name), 0, err='')
        self.write('k=v/shared.proto', 'syntax = "proto2"; package shared; message Size { }')
        self.schema('k=v/y.proto', 'import "shared.proto";\n' + body, version=5)
        self.expect(self.schemas('freeze', 'k=v/y.proto'), 0)
        self.write('-x.h', 'struct a { int n; };\n')
        result = self.run_tool('import', '--struct', 'a', '--program', 'shop', '--', '-x.h')
        self.expect(result, 0, err='')

    def test_a_full_disk_is_no_success(self):
        body = 'message Job { option (ekiden.item) = { name: "jobs" }; optional int32 n = 1; }\n'
        self.schema('v1.proto', body)
        self.schema('v2.proto', body, version=2)
        self.write('a.h', 'struct a { int n; };\n')
        for arguments in (['--help'], ['--version'], ['check', '--help'],
                          ['import', 'a.h', '--struct', 'a'],
                          ['check', '-I.', '-I' + SOURCE + '/idl', 'v1.proto', 'v2.proto'],
                          ['diff', '--json', '-I' + SOURCE + '/idl', 'v1.proto', 'v2.proto'],
                          ['freeze', '-I' + SOURCE + '/idl', 'v1.proto']):
            with self.subTest(arguments=arguments), open('/dev/full', 'wb') as full:
                process = subprocess.run([TOOL, *arguments], cwd=self.directory, stdout=full,
                                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                         timeout=60, check=False)
                self.assertEqual(process.returncode, 72, process)
                self.assertIn(b'No space left', process.stderr)

    def test_closed_standard_descriptors_do_no_harm(self):
        self.schema('v1.proto', 'message Job { option (ekiden.item) = { name: "jobs" }; '
                                'optional int32 n = 1; }\n')
        command = f"'{TOOL}' freeze '-I{SOURCE}/idl' v1.proto"
        for closed, status in (('<&-', 0), ('2>&-', 0), ('<&- 2>&-', 0), ('>&-', 72)):
            with self.subTest(closed=closed):
                process = subprocess.run(['sh', '-c', f'{command} {closed}'], cwd=self.directory,
                                         timeout=60, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, check=False)
                self.assertEqual(process.returncode, status)
                self.assertRegex(self.read('ekiden.lock'), r'^# [^\n]*\n# [^\n]*\nshop 1 \w{64}\n$')

    def test_the_manual_has_every_option_status_and_annotation(self):
        with open(os.path.join(SOURCE, 'docs/man/ekiden-schema.1'), encoding='utf-8') as file:
            manual = file.read()
        helps = [self.run_tool(command, '--help').out for command in COMMANDS]
        for option in set(re.findall(r'^\s+(?:-., )?--(\w+)', '\n'.join(helps), re.M)) - {'usage'}:
            self.assertRegex(manual, rf'(?m)^\.It Fl -{option}\b')
        statuses = self.run_tool('--help').out.split('Exit status:\n')[1]
        for status in re.findall(r'^ +(\d+) ', statuses, re.M):
            self.assertRegex(manual, rf'(?m)^\.It {status}$')

    def test_annotations_have_a_long_and_a_short_name(self):
        with open(os.path.join(HEADERS, 'ekiden/annotate.h'), encoding='utf-8') as file:
            header = file.read()
        long, short = header.split('#ifndef EKIDEN_NO_SHORT_NAMES')
        names = set(re.findall(r'#define EKIDEN_([A-Z_]+[A-Z])\b', long)) - {'ANNOTATION'}
        self.assertEqual({name.replace('FUNCTION_IN', 'FUNCTION') for name in names},
                         set(re.findall(r'#define ([A-Z]+)\b', short)))


if __name__ == '__main__':
    unittest.main()
