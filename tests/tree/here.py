# SPDX-License-Identifier: MIT
"""ekiden-upgrade --spawn-here, of all processes of a program."""
import os
import unittest

from family import V1, V2
from grown import Tree, counts, ends


class Here(Tree):
    def test_each_process_has_its_successor_from_the_tool_in_the_order_of_their_roles(self):
        self.grow()
        before = self.whos()
        status, events = self.tool('--spawn-here', 'family', V2)
        self.assertEqual(status, 0)
        self.assertEqual(ends(events), [('committed', 'worker'), ('committed', 'worker'),
                                        ('committed', 'helper'), ('committed', 'main')])
        for number, who in self.whos().items():
            self.assertEqual((who['version'], who['role'], who['count']),
                             (2, before[number]['role'], before[number]['count'] + 1))
            self.assertEqual(os.getsid(who['pid']), who['pid'])  # that of a process by itself

    def test_several_at_once_and_back_again(self):
        self.grow()
        for binary in (V1, V1, V1):
            status, events = self.tool('--spawn-here', '--parallel', 3, 'family', binary)
            self.assertEqual((status, events[-1]['succeeded'], events[-1]['rounds']), (0, 4, 1))
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_a_rehearsal_tries_each_and_leaves_none_behind(self):
        self.grow()
        before = sorted(self.members())
        status, events = self.tool('--spawn-here', '--rehearse', 'family', V2)
        self.assertEqual((status, counts(events[-1])), (0, {'processes': 4, 'succeeded': 4}))
        self.assertEqual(sorted(self.members()), before)

    def test_a_failure_leaves_that_process_serving_and_nothing_behind(self):
        self.grow()
        before = sorted(self.members())
        status, events = self.tool('--spawn-here', '--keep-going', 'family', V2, '--', self.sockets + '/s',
                                   'fault=before-exit')
        self.assertEqual(status, 13)
        self.assertEqual(counts(events[-1]), {'processes': 4, 'failed': 4})
        failed = [event for event in events if event['event'] == 'failed']
        self.assertTrue(all('exited with status 3' in event['sentence'] for event in failed), failed)
        self.assertEqual(sorted(self.members()), before)
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_a_process_whose_role_keeps_its_pid_is_succeeded_by_another_all_the_same(self):
        self.grow('keep=main')
        before = self.pid(0)
        status, _ = self.tool('--spawn-here', '--role', 'main', 'family', V2)
        self.assertEqual(status, 0)
        self.assertNotEqual(self.pid(0), before)


if __name__ == '__main__':
    unittest.main(verbosity=2)
