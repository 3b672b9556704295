# SPDX-License-Identifier: MIT
"""The manuals: every public function as its header has it, every error; well-formed; the example compiles."""
import os
import re
import shutil
import subprocess
import unittest

import declarations
from page import Page, path, read
from workshop import Workshop

LIBRARY = 'docs/man/libekiden.3'
MANUALS = sorted('docs/man/' + name for name in os.listdir(path('docs/man')))


class Manual(unittest.TestCase):
    maxDiff = None

    def test_its_synopsis_is_that_of_the_headers(self):
        declared = declarations.of_headers()
        self.assertGreater(len(declared), 40)
        self.assertEqual(declarations.of_manual(LIBRARY), declared)

    def test_the_headers_declare_what_is_exported(self):
        """So that no function is missing above because a declaration was not understood."""
        exported = set(re.findall(r'^\s+(ekiden_\w+);', read('runtime/libekiden.map'), re.M))
        self.assertEqual(set(declarations.of_headers()),
                         exported - {'ekiden_attention', 'ekiden_tracking'} |
                         {'ekiden_is_tracking', 'ekiden_is_wanted', 'ekiden_update_point'})

    def test_it_describes_every_function(self):
        description = read(LIBRARY).split('.Sh DESCRIPTION')[1]
        for name in declarations.of_headers():
            family = re.sub(r'tag_(u?int\d+|double|bool|descriptor|string|bytes)$', '', name)
            if family == name:
                self.assertRegex(description, rf'\.Fn {name}\b')

    def test_its_name_section_has_every_function(self):
        names = re.search(r'^\.Sh NAME\n(.*?)^\.Nd', read(LIBRARY), re.M | re.S).group(1)
        self.assertEqual(re.findall(r'^\.Nm (\w+)', names, re.M),
                         ['libekiden'] + list(declarations.of_manual(LIBRARY)))

    def test_each_function_is_found_by_man(self):
        with Workshop() as workshop:
            pages = os.path.join(workshop.prefix, 'share/man/man3')
            for name in declarations.of_headers():
                self.assertEqual(os.readlink(os.path.join(pages, name + '.3')), 'libekiden.3')
                self.assertTrue(os.path.exists(os.path.join(pages, name + '.3')))

    def test_it_has_every_error(self):
        codes = re.findall(r'X\((E\w+), -\d+, \d+, "', read('transformers/include/ekiden/error.h'))
        self.assertEqual(re.findall(r'^\.It Er EKIDEN_(\w+)', read(LIBRARY), re.M), codes)

    def test_it_has_every_variable_of_the_environment(self):
        source = ''.join(read(f'runtime/src/{name}') for name in
                         ('entry/control_path.c', 'entry/start.c', 'handover/spawn.h',
                          'entry/find_predecessor.h'))
        variables = set(re.findall(r'"((?:EKIDEN|XDG)_[A-Z_]+)"', source))
        self.assertEqual(set(re.findall(r'^\.It Ev (\w+)', read(LIBRARY), re.M)), variables)

    @unittest.skipUnless(shutil.which('mandoc'), 'there is no mandoc')
    def test_all_are_well_formed(self):
        self.assertEqual([os.path.basename(name) for name in MANUALS],
                         ['ekiden-inspect.1', 'ekiden-schema.1', 'ekiden-upgrade.1',
                          'libekiden-systemd.3', 'libekiden.3', 'protoc-gen-ekiden.1'])
        for name in MANUALS:
            done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', path(name)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            self.assertEqual(done.stdout, '', name)

    def test_all_are_installed(self):
        arguments = re.findall(r'^ *install_man\((.*?)\)', read('docs/meson.build'), re.M | re.S)
        installed = re.findall(r"'(man/[^']+)'", ' '.join(arguments))
        self.assertEqual(sorted('docs/' + name for name in installed), MANUALS)

    def test_its_example_compiles(self):
        example = re.search(r'^\.Bd -literal[^\n]*\n(#include.*?)^\.Ed', read(LIBRARY), re.M | re.S).group(1)
        with Workshop() as workshop:
            workshop.write_files(Page('README.md'))
            workshop.write('example.c', example.replace('\\e', '\\'))
            workshop.run('protoc -I. -I"$(pkg-config --variable=protodir ekiden)" --c_out=. '
                         '--ekiden_out=. tally_v1.proto')
            workshop.run('cc -Wall -Wextra -Werror -c example.c $(pkg-config --cflags ekiden)')


if __name__ == '__main__':
    unittest.main()
