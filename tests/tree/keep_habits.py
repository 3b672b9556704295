# SPDX-License-Identifier: MIT
"""An upgrade that keeps the PID, of programs that have habits of their own, and of operators who wait."""
import unittest

from family import V2
from grown import Tree


class Waiting(Tree):
    def test_who_waits_for_his_turn_is_told_that_the_old_version_is_back(self):
        self.start('keep=main', 'fault=late-loop')
        first = self.begin('--timeout', '3', self.process.pid, V2)
        self.until(first, phase='transfer')
        second = self.begin('--wait', self.process.pid, V2)
        self.until(second, event='notice')
        self.assertEqual(self.finish(first), 14)
        self.assertEqual(self.finish(second), 6)
        self.assertEqual(second.events[-1]['error'], 'EKIDEN_EBUSY')
        self.assertIn('ask again', second.events[-1]['sentence'])
        self.assertEqual(self.talk(0).who()['pid'], self.process.pid)


if __name__ == '__main__':
    unittest.main(verbosity=2)
