# SPDX-License-Identifier: MIT
"""A forked process is one of the program in a role of its own."""
import json
import os
import signal
import subprocess
import unittest

from family import SECONDS, TOOL, V1, V2, Family


class Roles(Family):
    def test_a_child_is_upgraded_in_its_role_and_the_parent_is_not(self):
        self.start()
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        self.assertEqual(child.who(), {'number': 1, 'role': 'worker', 'pid': pid,
                                       'parent': self.process.pid, 'version': 1, 'count': 1})
        event = self.upgrade(pid)
        self.assertEqual(event['predecessor_pid'], pid)
        after = child.who()
        self.assertEqual((after['role'], after['version'], after['count'], after['pid']),
                         ('worker', 2, 2, event['successor_pid']))
        self.assertEqual((eldest.who()['version'], eldest.who()['role']), (1, 'main'))

    def test_the_parent_is_upgraded_and_the_child_is_not(self):
        self.start()
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        event = self.upgrade(self.process.pid)
        self.assertEqual((eldest.who()['version'], eldest.who()['pid']),
                         (2, event['successor_pid']))
        self.assertEqual((child.who()['version'], child.who()['pid']), (1, pid))

    def test_a_child_begins_a_lineage_of_its_own(self):
        self.start()
        self.upgrade(self.process.pid, V1)
        pid = int(self.talk(0).ask('bear worker'))
        self.talk(1)
        status, events = self.tool('--status', pid)
        self.assertEqual((status, events[0]['leg'], len(events[0]['lineage'])), (0, 1, 1))

    def test_a_child_has_no_descriptor_of_its_parents_library(self):
        self.start()
        eldest = self.talk(0)
        eldest.ask('bear worker')
        child = self.talk(1)
        # Each has the same: its own listener, one connection, and what the library needs.
        self.assertEqual(child.ask('open'), eldest.ask('open'))

    def test_a_child_of_a_child_is_upgraded_after_both(self):
        self.start()
        self.talk(0).ask('bear worker')
        self.talk(1).ask('bear helper')
        grandchild = self.talk(101)
        for number in 0, 1, 101:
            self.upgrade(self.talk(number).who()['pid'])
        who = grandchild.who()
        self.assertEqual((who['version'], who['role']), (2, 'helper'))

    def test_a_parent_that_ends_leaves_its_childs_control_socket_alone(self):
        self.start()
        pid = int(self.talk(0).ask('bear worker'))
        child = self.talk(1)
        self.talk(0).socket.sendall(b'end\n')
        self.process.wait()
        self.assertEqual(os.listdir(self.runtime), [f'family.{pid}'])
        self.upgrade(pid)
        self.assertEqual(child.who()['version'], 2)

    def test_a_child_that_ends_leaves_its_parents_control_socket_alone(self):
        self.start()
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        self.talk(1).socket.sendall(b'end\n')
        self.wait_for(lambda: eldest.ask('reap') == str(pid), 'it does not end')
        self.assertEqual(os.listdir(self.runtime), [f'family.{self.process.pid}'])
        self.upgrade(self.process.pid)

    def test_sockets_that_children_leave_behind_are_swept_away_by_later_ones(self):
        """Each of 64 takes a turn, more or less."""
        self.start()
        eldest = self.talk(0)
        left = None
        for number in range(1, 2000):
            pid = int(eldest.ask('bear worker'))
            child = self.talk(number)
            self.assertEqual(child.who()['pid'], pid)
            if left and left not in os.listdir(self.runtime):
                break
            os.kill(pid, signal.SIGKILL)
            self.wait_for(lambda: eldest.ask('reap') == str(pid), 'it is not killed')
            child.socket.close()
            left = left or f'family.{pid}'
        self.assertEqual(sorted(os.listdir(self.runtime)),
                         sorted(f'family.{pid}' for pid in (self.process.pid, pid)))

    def test_a_child_that_is_born_during_its_parents_upgrade_has_no_part_in_it(self):
        self.start('fault=loop')
        eldest = self.talk(0)
        tool = subprocess.Popen([TOOL, '--json', str(self.process.pid), V2], stdout=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, env=self.environment)
        self.addCleanup(tool.wait)
        for line in tool.stdout:
            if json.loads(line).get('phase') == 'warm':
                break
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        status, events = self.tool('--status', pid)
        self.assertNotIn('upgrade', events[0])
        self.upgrade(pid, V1)
        self.assertEqual(child.who()['version'], 1)
        self.assertEqual(self.tool('--cancel', self.process.pid)[0], 0)
        self.assertEqual(json.loads(tool.communicate(timeout=SECONDS)[0].splitlines()[-1])['event'],
                         'failed')
        self.upgrade(self.process.pid, V1)
        self.assertEqual(eldest.who()['version'], 1)


if __name__ == '__main__':
    unittest.main(verbosity=2)
