# SPDX-License-Identifier: MIT
"""Capabilities that a process has kept when it became a lesser user: its successors have the same, and no more."""
import os
import unittest

from family import Family

BIND, RAW = 1 << 10, 1 << 13  # CAP_NET_BIND_SERVICE, CAP_NET_RAW


@unittest.skipIf(os.getuid() != 0, 'only root has capabilities to keep')
class Capabilities(Family):
    USER = 65534

    def rights(self, talk):
        return [int(word, 16) for word in talk.ask('rights').split()]

    def begin(self, *arguments):
        self.start('rights', *arguments)
        eldest = self.talk(0)
        self.assertEqual(self.rights(eldest), [0, BIND | RAW, BIND, 0])
        return eldest

    def expect_same(self, talk):
        self.assertEqual(self.rights(talk), [0, BIND | RAW, BIND, 0])

    def test_a_successor_has_them_and_lends_them_to_nobody_else(self):
        eldest = self.begin()
        pid = self.process.pid
        for version in 2, 2:
            pid = self.upgrade(pid)['successor_pid']
            self.assertEqual(eldest.who()['version'], version)
            self.expect_same(eldest)

    def test_one_that_keeps_its_pid_has_them(self):
        eldest = self.begin('keep=main')
        for _ in range(2):
            self.upgrade(self.process.pid)
            self.expect_same(eldest)

    def test_the_old_version_has_them_when_it_is_back(self):
        eldest = self.begin('keep=main', 'fault=late-exit')
        self.refused(self.process.pid)
        self.assertEqual(eldest.who()['version'], 1)
        self.expect_same(eldest)

    def test_a_failed_upgrade_leaves_them_as_they_were(self):
        eldest = self.begin('fault=exit')
        self.refused(self.process.pid)
        self.expect_same(eldest)


if __name__ == '__main__':
    unittest.main(verbosity=2)
