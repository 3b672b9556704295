# SPDX-License-Identifier: MIT
"""README.md does what it says: its program is built and upgraded, and prints what is printed there."""
import os
import re
import unittest

from page import Page, path, read
from workshop import Workshop, ask


def shape(lines):
    """Output without the figures that differ from run to run."""
    figures = re.compile(r'[\d.,]+ (?:ms|s|MiB)\b|(?<=pid )\d+')
    return [re.sub(r' +', ' ', figures.sub('N', line)) for line in lines]


class Readme(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page = Page('README.md')

    def test_its_program_is_upgraded_as_it_says(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            _, connection = workshop.start_server('./tally-v1')
            self.assertEqual(ask(connection, 'a\nb\n'), 'v1: 2 lines')
            answers = ['v1: 3 lines', 'v2: 4 lines, 2 bytes', 'v2: 5 lines, 4 bytes']
            for block, answer in zip(self.page.of('console', 'run'), answers, strict=True):
                self.check_console(workshop, block)
                self.assertEqual(ask(connection, 'c\n'), answer)
            connection.close()

    def check_console(self, workshop, block):
        self.assertRegex(block.lines[0], r'^\$ ')
        shown = workshop.on_terminal(block.lines[0][2:])
        self.assertEqual(shape(shown), shape(block.lines[1:]))

    def test_its_program_runs_from_a_prefix_of_ones_own(self):
        """As it says, and without LD_LIBRARY_PATH; only building and installing is done already."""
        with Workshop() as workshop:
            workshop.write_files(self.page)
            workshop.run(self.page.of('sh', 'run')[0].text)
            os.remove(workshop.path('tally-v1'))
            os.remove(workshop.path('tally-v2'))
            for name in ('LD_LIBRARY_PATH', 'PKG_CONFIG_PATH'):
                del workshop.env[name]
            workshop.env['HOME'] = workshop.folder
            # As --libdir=lib would have installed it; this build may have another one.
            own = os.path.join(workshop.folder, 'ekiden')
            os.mkdir(own)
            os.symlink(os.path.join(workshop.prefix, 'bin'), os.path.join(own, 'bin'))
            os.symlink(workshop.libdir, os.path.join(own, 'lib'))
            block, = self.page.of('sh', 'prefix')
            self.assertNotIn(' build ', block.lines[0], 'it has been set up already, without a prefix')
            for line in block.lines[:2]:
                self.assertRegex(line, r'^meson (setup|install) ')
            workshop.run('\n'.join(block.lines[2:]))
            _, connection = workshop.start_server('./tally-v1')
            self.assertEqual(ask(connection, 'a\n'), 'v1: 1 lines')
            workshop.run('ekiden-upgrade --quiet tally ./tally-v2')
            self.assertEqual(ask(connection, 'b\n'), 'v2: 2 lines, 2 bytes')
            connection.close()

    def test_the_options_that_it_names_are_there(self):
        options = re.findall(r'`-D(\w+)=', self.page.text)
        self.assertGreater(len(options), 0)
        for option in options:
            self.assertRegex(read('meson_options.txt'), rf"option\('{option}'")

    def test_its_answers_are_in_its_text(self):
        for answer in ('v1: 2 lines', 'v2: 4 lines, 2 bytes'):
            self.assertIn(answer, self.page.spans())

    def test_what_it_tells_to_run_is_there(self):
        commands = re.findall(r'^\./run (\w+)', ''.join(b.text for b in self.page.blocks), re.M)
        self.assertEqual(commands, ['demo', 'test'])
        self.assertTrue(os.access(path('run'), os.X_OK), 'there is no script "run"')
        for command in commands:
            self.assertRegex(read('run'), r'(?m)\b' + command + r'\b\s*(\||\))', 'run has no such command')


if __name__ == '__main__':
    unittest.main()
