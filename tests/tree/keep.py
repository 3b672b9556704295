# SPDX-License-Identifier: MIT
"""An upgrade that keeps the PID, and what becomes of one that fails."""
import os
import unittest

from family import V1, V2, Family


class Keeps(Family):
    def test_the_pid_stays_and_so_does_all_else(self):
        self.start('keep=main')
        eldest = self.talk(0)
        before = eldest.who()
        event = self.upgrade(self.process.pid)
        after = eldest.who()
        self.assertEqual((after['pid'], after['parent'], after['version'], after['count']),
                         (before['pid'], before['parent'], 2, before['count'] + 1))
        self.assertEqual(event['predecessor_pid'], event['successor_pid'])
        self.assertIsNone(self.process.poll())
        self.wait_for(lambda: self.members() == [self.process.pid], 'the keeper is left')
        self.assertEqual(os.listdir(self.runtime), [f'family.{self.process.pid}'])

    def test_ten_legs_leave_nothing_behind(self):
        self.start('keep=main')
        eldest = self.talk(0)
        self.upgrade(self.process.pid, V2)
        opened = eldest.ask('open')
        for _ in range(9):
            self.upgrade(self.process.pid, V2)
        self.assertEqual(eldest.who()['pid'], self.process.pid)
        self.assertEqual(eldest.ask('open'), opened)
        self.assertEqual(eldest.ask('reap'), '-')


if __name__ == '__main__':
    unittest.main(verbosity=2)
