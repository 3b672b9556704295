# SPDX-License-Identifier: MIT
"""An upgrade that keeps the PID, of programs that have habits of their own, and of operators who wait."""
import os
import pathlib
import shutil
import signal
import tempfile
import unittest

from family import SECONDS, V1, V2
from grown import Tree


class Habits(Tree):
    def test_a_stop_that_a_handler_would_note_in_the_pause_is_a_stop(self):
        self.start('keep=main', 'stop=noted', 'flush=SIGTERM')
        self.upgrade(self.process.pid)
        self.assertEqual(self.process.wait(SECONDS), 0)
        self.wait_for(lambda: not self.members(), 'somebody serves on')

    def test_one_that_closes_what_is_not_the_handovers_keeps_its_pid(self):
        self.start('keep=main', 'tidy')
        self.assertEqual(self.upgrade(self.process.pid)['successor_pid'], self.process.pid)

    def test_what_was_rehearsed_is_no_child_of_the_new_version(self):
        self.start('keep=main', 'linger')
        eldest = self.talk(0)
        self.assertEqual(self.tool('--rehearse', self.process.pid, V2)[0], 0)
        self.upgrade(self.process.pid)
        self.wait_for(lambda: self.members() == [self.process.pid], 'what was rehearsed is left')
        self.assertEqual(eldest.ask('reap'), '-')

    def expect_return(self, number):
        """What the keeper sends to call the new version back is nothing to the old one."""
        self.start('keep=main', 'fault=loop', f'signal={number}', 'slow-return')
        eldest = self.talk(0)
        event = self.refused(self.process.pid, V2, '--timeout', '1')
        self.assertIn('time limit', event['sentence'])
        who = eldest.who()
        self.assertEqual((who['pid'], who['version']), (self.process.pid, 1))
        self.wait_for(lambda: self.members() == [self.process.pid], 'the keeper is left')
        self.assertIsNone(self.process.poll())

    def test_the_new_versions_signal_does_not_end_the_old_one(self):
        self.expect_return(int(signal.SIGIO))

    def test_the_new_versions_signal_is_no_message_to_the_service(self):
        self.expect_return(int(signal.SIGUSR1))

    def test_the_old_version_is_upgraded_by_signal_though_its_file_was_replaced(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, 'tests', 'tree', 'family')
        os.makedirs(os.path.dirname(path))
        # Where the build's copy looks for the library.
        os.symlink(pathlib.Path(V1).resolve().parents[2] / 'runtime', directory.name + '/runtime')
        shutil.copy(V1, path)
        self.start('keep=main', 'fault=exit', binary=path)
        eldest = self.talk(0)
        shutil.copy(V1, path + '.next')
        os.rename(path + '.next', path)
        self.refused(self.process.pid, V2)
        self.assertEqual(eldest.who()['version'], 1)
        os.kill(self.process.pid, signal.SIGUSR2)
        self.wait_for(lambda: self.tool('--status', self.process.pid)[1][0].get('leg') == 2,
                      'the file is not found')
        self.assertEqual(eldest.who()['pid'], self.process.pid)


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
