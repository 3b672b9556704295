# SPDX-License-Identifier: MIT
"""docs/program.md: its program is built, and keeps half a line of each client through upgrades."""
import unittest

from page import Page, read
from workshop import Workshop, ask, connect, say


class Program(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/program.md')

    def test_its_program_keeps_its_clients(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            port, first = workshop.start_server('./echo-v1')
            second = connect(port)
            with first, second:
                self.assertEqual(ask(first, 'good morning\n'), 'good morning')
                say(first, 'half a ')
                self.assertEqual(ask(second, 'I see\n'), 'I see')
                for _ in range(3):
                    workshop.run('ekiden-upgrade --quiet echo ./echo-v1')
                self.assertEqual(ask(first, 'line\n'), 'half a line')
                self.assertEqual(ask(second, 'indeed\n'), 'indeed')

    def test_what_it_cites_is_in_the_samples(self):
        cited = self.page.of('c', 'from')
        self.assertGreater(len(cited), 0)
        for block in cited:
            lines = [line.strip() for line in read(block.words[1]).split('\n')]
            at = 0
            for line in block.lines:
                self.assertIn(line.strip(), lines[at:], f'line {block.number}')
                at = lines.index(line.strip(), at) + 1


if __name__ == '__main__':
    unittest.main()
