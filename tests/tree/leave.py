# SPDX-License-Identifier: MIT
"""A process that says that it cannot be upgraded any more."""
import json
import os
import signal
import subprocess
import unittest

from family import SECONDS, TOOL, V1, V2, Family

REFUSED = 12


class Leaves(Family):
    def test_nobody_finds_it_any_more_and_its_parent_is_upgraded_as_before(self):
        self.start()
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        self.assertEqual(child.ask('leave'), '0')
        self.assertEqual(os.listdir(self.runtime), [f'family.{self.process.pid}'])
        self.assertEqual(self.tool('--status', pid)[0], 3)
        self.upgrade(self.process.pid)
        self.assertEqual((eldest.who()['version'], child.who()['version']), (2, 1))

    def test_the_update_signal_does_nothing_any_more(self):
        self.start()
        eldest = self.talk(0)
        self.assertEqual(eldest.ask('leave'), '0')
        for _ in range(3):
            os.kill(self.process.pid, signal.SIGUSR2)
            self.assertEqual(eldest.who()['version'], 1)
        self.assertEqual(self.members(), [self.process.pid])

    def test_it_may_be_said_again(self):
        self.start()
        eldest = self.talk(0)
        self.assertEqual([eldest.ask('leave') for _ in range(3)], ['0', '0', '0'])
        self.assertEqual(os.listdir(self.runtime), [])

    def test_a_successor_says_it_when_it_serves_and_not_before(self):
        self.start('fault=leave')
        eldest = self.talk(0)
        self.upgrade(self.process.pid)
        self.assertEqual(eldest.who()['version'], 2)
        self.assertEqual(eldest.ask('leave'), '0')
        self.assertEqual(os.listdir(self.runtime), [])

    def begin_upgrade(self, *options):
        tool = subprocess.Popen([TOOL, '--json', *options, str(self.process.pid), V2],
                                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                env=self.environment)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        return tool

    def read_until(self, tool, word):
        for line in tool.stdout:
            event = json.loads(line)
            if word in (event.get('phase'), event['event']):
                return
        self.fail(f'there was no {word}')

    def expect_told(self, tool):
        event = json.loads(tool.communicate(timeout=SECONDS)[0].splitlines()[-1])
        self.assertEqual((tool.returncode, event['event']), (REFUSED, 'failed'), event)
        self.assertIn('cannot be upgraded any more', event['sentence'])
        self.assertTrue(event['serves_on'], event)

    def test_an_upgrade_that_is_under_way_is_called_off(self):
        self.start('fault=loop')
        eldest = self.talk(0)
        under_way = self.begin_upgrade()
        self.read_until(under_way, 'warm')
        queued = self.begin_upgrade('--wait')
        self.read_until(queued, 'notice')
        self.assertEqual(eldest.ask('leave'), '0')
        self.expect_told(under_way)
        self.expect_told(queued)
        self.assertEqual(self.members(), [self.process.pid])
        self.assertEqual(os.listdir(self.runtime), [])
        self.assertEqual(eldest.who()['version'], 1)

    def test_a_forked_child_says_it_in_place_of_what_it_is(self):
        self.start()
        eldest = self.talk(0)
        eldest.ask('bear worker')
        worker = self.talk(1)
        pid = int(eldest.ask('bear -'))
        child = self.talk(2)
        self.assertEqual(child.who()['pid'], pid)
        self.assertNotIn(f'family.{pid}', os.listdir(self.runtime))
        self.assertLess(int(child.ask('open')), int(worker.ask('open')))
        self.upgrade(self.process.pid)
        self.assertEqual((child.who()['version'], eldest.who()['version']), (1, 2))

    def test_a_child_of_one_that_has_said_it_can_be_upgraded(self):
        self.start()
        eldest = self.talk(0)
        eldest.ask('leave')
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        self.upgrade(pid, V1)
        self.upgrade(child.who()['pid'], V2)
        self.assertEqual(child.who()['version'], 2)


if __name__ == '__main__':
    unittest.main(verbosity=2)
