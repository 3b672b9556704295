# SPDX-License-Identifier: MIT
"""An old version that takes long to come back under its PID, and operators who come meanwhile."""
import time
import unittest

from family import SECONDS, V2
from grown import Tree

SENTENCE = 'the old version is being started again: nobody serves'


class Returning(Tree):
    def begin_to_return(self, when):
        self.start('keep=main', 'fault=late-exit', 'hold-return=' + when)
        self.eldest = self.talk(0)
        self.hold()
        self.first = self.begin(self.process.pid, V2)
        until = time.monotonic() + SECONDS
        while not self.status()['upgrade_returning']:
            self.assertLess(time.monotonic(), until, 'it does not go back')

    def status(self):
        status, events = self.tool('--status', self.process.pid)
        self.assertEqual(status, 0, events)
        return events[0]

    def expect_return(self):
        self.release()
        self.assertNotEqual(self.finish(self.first), 0)
        event = self.first.events[-1]
        self.assertIn('exited with status 3 in phase transfer', event['sentence'])
        self.assertEqual((event['from_version'], event['to_version']), (1, 2))
        who = self.eldest.who()
        self.assertEqual((who['pid'], who['version']), (self.process.pid, 1))
        status = self.status()
        self.assertIsNone(status['upgrade_returning'])
        self.assertEqual((status['leg'], len(status['lineage'])), (1, 1))

    def test_operators_are_told_that_nobody_serves(self):
        for when in ('early', 'late'):
            with self.subTest(when=when):
                self.begin_to_return(when)
                event = self.refused(self.process.pid)
                self.assertEqual(event['error'], 'EKIDEN_EBUSY')
                self.assertIn(SENTENCE, event['sentence'])
                lines = self.lines('--status', self.process.pid)[1]
                self.assertTrue([line for line in lines if SENTENCE in line], lines)
                lines = self.lines('--list')[1]
                self.assertTrue([line for line in lines if 'going back' in line], lines)
                self.expect_return()
                self.end()

    def test_nobody_calls_it_off(self):
        for when in ('early', 'late'):
            with self.subTest(when=when):
                self.begin_to_return(when)
                second = self.begin('--cancel', self.process.pid)
                self.until(second, event='phase')
                self.assertTrue(self.status()['upgrade_returning'])
                self.expect_return()
                self.finish(second)
                self.assertIn('exited with status 3', second.events[-1]['sentence'])
                self.end()


if __name__ == '__main__':
    unittest.main(verbosity=2)
