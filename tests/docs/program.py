# SPDX-License-Identifier: MIT
"""docs/program.md: its program is built, and keeps half a line of each client through upgrades."""
import json
import os
import signal
import unittest

from page import Page, read
from workshop import Workshop, ask, connect, free_port, say


def running(workshop):
    """The PIDs of the programs that can be upgraded."""
    lines = workshop.run('ekiden-upgrade --json --list').splitlines()
    return [json.loads(line)['pid'] for line in lines]


class Program(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/program.md')

    def build(self, workshop):
        """As the page says, with pkg-config and nothing else to tell where Ekiden is."""
        found = workshop.env['PATH']
        workshop.env['PATH'] = os.environ['PATH']
        workshop.write_files(self.page)
        for block in self.page.of('sh', 'run'):
            workshop.run(block.text)
        workshop.env['PATH'] = found

    def test_its_program_keeps_its_clients(self):
        with Workshop() as workshop:
            self.build(workshop)
            del workshop.env['LD_LIBRARY_PATH']
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

    def test_its_daemon_is_upgraded(self):
        with Workshop() as workshop:
            self.build(workshop)
            port = free_port()
            try:
                workshop.run(f'./echo-daemon {port}')
                with connect(port) as client:
                    self.assertEqual(ask(client, 'good morning\n'), 'good morning')
                    before = running(workshop)
                    workshop.run('ekiden-upgrade --quiet echo ./echo-daemon')
                    after = running(workshop)
                    self.assertEqual((len(before), len(after)), (1, 1))
                    self.assertNotEqual(before, after)
                    self.assertEqual(ask(client, 'good evening\n'), 'good evening')
            finally:
                for pid in running(workshop):  # it is in no process group that we know
                    os.kill(pid, signal.SIGKILL)

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
