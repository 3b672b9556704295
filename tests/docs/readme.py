# SPDX-License-Identifier: MIT
"""README.md does what it says: its program is built and upgraded, and prints what is printed there."""
import os
import re
import unittest

from page import Page, path
from workshop import Workshop, ask


def shape(lines):
    """Output without the figures that differ from run to run."""
    figures = re.compile(r'[\d.,]+ (?:ms|s)\b|(?<=pid )\d+')
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
            answers = ['v2: 3 lines, 2 bytes', 'v2: 4 lines, 4 bytes']
            for block, answer in zip(self.page.of('console', 'run'), answers, strict=True):
                self.check_console(workshop, block)
                self.assertEqual(ask(connection, 'c\n'), answer)
            connection.close()

    def check_console(self, workshop, block):
        self.assertRegex(block.lines[0], r'^\$ ')
        shown = workshop.on_terminal(block.lines[0][2:])
        self.assertEqual(shape(shown), shape(block.lines[1:]))

    def test_its_answers_are_in_its_text(self):
        for answer in ('v1: 2 lines', 'v2: 3 lines, 2 bytes'):
            self.assertIn(answer, self.page.spans())

    def test_what_it_tells_to_run_is_there(self):
        commands = re.findall(r'^\./run (\w+)', ''.join(b.text for b in self.page.blocks), re.M)
        self.assertEqual(commands, ['demo', 'test'])
        self.assertTrue(os.access(path('run'), os.X_OK), 'there is no script "run"')
        with open(path('run'), encoding='utf-8') as file:
            script = file.read()
        for command in commands:
            self.assertRegex(script, r'(?m)\b' + command + r'\b\s*(\||\))', 'run has no such command')


if __name__ == '__main__':
    unittest.main()
