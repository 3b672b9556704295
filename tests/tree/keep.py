# SPDX-License-Identifier: MIT
"""An upgrade that keeps the PID, and what becomes of one that fails."""
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from family import SECONDS, TOOL, V1, V2, Family


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

    def test_children_stay_children(self):
        self.start('keep=main')
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        self.upgrade(self.process.pid)
        self.assertEqual(child.who()['parent'], self.process.pid)
        child.socket.sendall(b'end\n')
        self.wait_for(lambda: eldest.ask('reap') == str(pid), 'it cannot be waited for')

    def test_a_child_that_keeps_its_pid_stays_its_parents(self):
        self.start('keep=worker')
        eldest = self.talk(0)
        pid = int(eldest.ask('bear worker'))
        child = self.talk(1)
        self.upgrade(pid)
        who = child.who()
        self.assertEqual((who['pid'], who['parent'], who['version'], who['role']),
                         (pid, self.process.pid, 2, 'worker'))
        self.assertEqual(eldest.ask('reap'), '-')
        child.socket.sendall(b'end\n')
        self.wait_for(lambda: eldest.ask('reap') == str(pid), 'it cannot be waited for')

    def test_the_operator_may_ask_for_it(self):
        self.start()
        self.upgrade(self.process.pid, V2, '--keep-pid')
        self.assertEqual(self.talk(0).who()['pid'], self.process.pid)

    def test_a_rehearsal_keeps_nothing_and_changes_nothing(self):
        self.start('keep=main')
        status, events = self.tool('--rehearse', self.process.pid, V2)
        self.assertEqual((status, events[-1]['event']), (0, 'rehearsed'))
        self.assertEqual(self.talk(0).who()['version'], 1)
        self.wait_for(lambda: self.members() == [self.process.pid], 'what was rehearsed is left')

    def test_signals_that_come_meanwhile_do_not_end_it(self):
        self.start('keep=main')
        eldest = self.talk(0)
        for _ in range(20):
            tool = subprocess.Popen([TOOL, '--quiet', str(self.process.pid), V2],
                                    env=self.environment, stdin=subprocess.DEVNULL)
            while tool.poll() is None:
                os.kill(self.process.pid, signal.SIGUSR2)
                time.sleep(0.0005)
            self.wait_for(lambda: self.settled(), 'an upgrade is under way')
        self.assertEqual(eldest.who()['pid'], self.process.pid)

    def expect_stop(self, *arguments):
        """SIGTERM at any moment of an upgrade ends the service, and no keeper of it serves on."""
        for delay_ms in range(0, 40, 2):
            with self.subTest(delay_ms=delay_ms):
                self.start('keep=main', *arguments)
                tool = subprocess.Popen([TOOL, '--quiet', str(self.process.pid), V2],
                                        env=self.environment, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
                time.sleep(delay_ms / 1000)
                self.process.terminate()
                self.assertEqual(self.process.wait(SECONDS), -signal.SIGTERM)
                self.wait_for(lambda: not self.members(), 'somebody serves on')
                tool.wait(SECONDS)

    def test_a_stop_that_comes_meanwhile_is_a_stop(self):
        self.expect_stop()

    def test_a_stop_that_comes_while_a_new_version_fails_is_a_stop(self):
        self.expect_stop('fault=late-exit')

    def settled(self):
        """The signals have asked for upgrades of their own."""
        return self.tool('--wait', self.process.pid)[0] == 0 and \
            self.members() == [self.process.pid]


class Fails(Family):
    """The new version is not as good as it should be, and comes so far."""

    def begin(self, fault):
        self.start('keep=main', 'fault=' + fault)
        self.eldest = self.talk(0)
        self.child = int(self.eldest.ask('bear worker'))

    def go_on(self):
        """A second attempt is possible at once, with a version that has the fault no more."""
        event = self.upgrade(self.eldest.who()['pid'], V2, '--', self.sockets + '/s', 'keep=main')
        self.assertEqual(self.eldest.who()['version'], 2)
        return event

    def expect_return(self, fault, words, *options):
        """The old version serves on under the same PID, as if nothing had been asked."""
        self.begin(fault)
        event = self.refused(self.process.pid, V2, *options)
        self.assertIn(words, event['sentence'])
        self.assertTrue(event['serves_on'], event)
        self.assertGreater(event['pause_us'], 0)
        self.assertEqual(event['predecessor_pid'], self.process.pid)
        self.assertEqual(self.eldest.who(), {'number': 0, 'role': 'main', 'version': 1, 'count': 2,
                                             'pid': self.process.pid, 'parent': os.getpid()})
        self.assertEqual(sorted(os.listdir(self.runtime)),
                         sorted(f'family.{pid}' for pid in (self.process.pid, self.child)))
        status, events = self.tool('--status', self.process.pid)
        self.assertEqual((status, events[0]['leg'], len(events[0]['lineage'])), (0, 1, 1))
        os.kill(self.child, 9)
        self.wait_for(lambda: self.eldest.ask('reap') == str(self.child), 'it is no child any more')
        self.wait_for(lambda: self.members() == [self.process.pid], 'the keeper is left')
        self.assertEqual(self.go_on()['successor_pid'], self.process.pid)
        self.assertIsNone(self.process.poll())

    def status(self):
        status, events = self.tool('--status', self.process.pid)
        self.assertEqual(status, 0)
        return events[0]

    def expect_leg_to_go_on(self):
        """It is as long ago as ever that it began, and nothing that has failed came before it."""
        time.sleep(1.1)  # what would begin now, begins in another second
        before = self.status()
        self.refused(self.process.pid, V2)
        after = self.status()
        self.assertEqual(after['lineage'], before['lineage'])
        self.assertEqual(after['leg'], before['leg'])
        self.assertGreaterEqual(after['leg_seconds'], before['leg_seconds'])
        self.assertEqual(self.eldest.who()['version'], 1)

    def test_the_first_leg_that_comes_back_is_the_one_that_it_was(self):
        self.begin('late-exit')
        self.expect_leg_to_go_on()
        self.assertIsNone(self.status()['lineage'][0]['pause_us'])

    def test_the_log_tells_how_long_nobody_served(self):
        with tempfile.NamedTemporaryFile('r') as log:
            self.start('keep=main', 'fault=late-exit', 'slow-return',
                       under=('env', 'FAMILY_LOG=1', 'sh', '-c', f'exec "$0" "$@" 2>{log.name}'))
            self.refused(self.process.pid)
            self.assertEqual(self.talk(0).who()['version'], 1)
            lines = re.findall(r'this process, leg 1 at schema version 1, serves again, after '
                               r'([0-9.]+) ms in which nobody did', log.read())
        self.assertEqual(len(lines), 1, lines)
        self.assertGreaterEqual(float(lines[0]), 500)  # that it slept when it came back

    def test_a_later_leg_that_comes_back_is_the_one_that_it_was(self):
        self.begin('exit')
        self.upgrade(self.process.pid, V1)
        self.expect_leg_to_go_on()
        self.assertEqual(len(self.status()['lineage']), 2)
        self.go_on()
        self.assertEqual([leg['leg'] for leg in self.status()['lineage']], [1, 2, 3])

    def expect_probe_to_fail(self, fault, words):
        self.begin(fault)
        for options in (['--rehearse'], []):
            event = self.refused(self.process.pid, V2, *options)
            self.assertIn(words, event['sentence'])
            self.assertEqual((event['phase'], event['pause_us']), ('check', None))
            self.assertEqual(self.eldest.who()['version'], 1)
        self.go_on()

    def test_one_that_is_not_permitted_any_more_splits_nothing(self):
        self.start('keep=main', 'late')
        eldest = self.talk(0)
        self.refused(self.process.pid)
        opened = eldest.ask('open')
        event = self.refused(self.process.pid)
        self.assertEqual((event['sentence'], event['phase']), ('it is too late', 'pause'))
        self.assertEqual(eldest.who()['version'], 1)
        self.assertEqual(eldest.ask('open'), opened)
        self.assertEqual(self.members(), [self.process.pid])

    def test_what_fails_at_its_very_start_is_found_before_the_pause(self):
        self.expect_probe_to_fail('before-exit', 'exited with status 3')

    def test_what_crashes_at_its_very_start_is_found_before_the_pause(self):
        self.expect_probe_to_fail('before-segv', 'killed by signal 11')

    def test_one_that_exits(self):
        self.expect_return('exit', 'the new version exited with status 3 in phase pause, before it served')

    def test_one_that_aborts(self):
        self.expect_return('abort', 'the new version was killed by signal 6 (Aborted) in phase pause')

    def test_one_that_has_a_wild_pointer(self):
        self.expect_return('segv', 'was killed by signal 11 (Segmentation fault)')

    def test_one_that_computes_for_ever(self):
        self.expect_return('loop', 'time limit', '--timeout', '1')

    def test_one_that_exits_with_the_state_in_hand(self):
        self.expect_return('late-exit', 'exited with status 3 in phase transfer')

    def test_one_that_has_a_wild_pointer_with_the_state_in_hand(self):
        self.expect_return('late-segv', 'was killed by signal 11')

    def test_one_that_computes_for_ever_with_the_state_in_hand(self):
        self.expect_return('late-loop', 'time limit', '--timeout', '1')

    def test_one_whose_stack_overflows(self):
        self.expect_return('overflow', 'was killed by signal 11')

    def test_one_whose_stack_overflows_with_the_state_in_hand(self):
        self.expect_return('late-overflow', 'was killed by signal 11')

    def test_one_that_goes_into_the_background_is_found_before_the_pause(self):
        self.expect_probe_to_fail('before-daemon', 'goes into the background')

    def test_one_that_closes_the_way_back_is_found_before_the_pause(self):
        self.expect_probe_to_fail('before-close-5', 'it may close those from 8 on')

    def test_one_that_refuses(self):
        self.expect_return('refuse', 'it was told to refuse')

    def test_the_phase_in_which_one_refuses_has_begun(self):
        self.start('fault=refuse')
        for options in ((), ('--keep-pid',)):
            with self.subTest(options=options):
                events = self.tool(self.process.pid, V2, *options)[1]
                self.assertEqual((events[-1]['event'], events[-1]['phase']), ('failed', 'ready'))
                self.assertEqual(
                    [event['phase'] for event in events if event['event'] == 'phase'][-2:],
                    ['transfer', 'ready'])

    def expect_keeper(self, fault, words):
        """The PID is lost, and not the service."""
        self.begin(fault)
        event = self.refused(self.process.pid)
        self.assertIn(words, event['sentence'])
        self.assertIn(f'process {self.process.pid} is gone', event['sentence'])
        who = self.eldest.who()
        self.assertEqual((who['version'], who['count']), (1, 2))
        self.assertEqual((event['predecessor_pid'], event['serving_pid']),
                         (self.process.pid, who['pid']))
        self.assertIn(f'process {who["pid"]} serves on in its place', event['sentence'])
        self.process.wait()
        self.assertEqual(sorted(os.listdir(self.runtime)),
                         sorted(f'family.{pid}' for pid in (who['pid'], self.child)))
        self.assertEqual(self.go_on()['successor_pid'], who['pid'])

    def test_one_that_is_killed_leaves_the_service_to_the_keeper(self):
        self.expect_keeper('kill', 'the new version was killed by signal 9 (Killed)')

    def test_one_that_goes_into_the_background_after_all_never_has_the_state(self):
        self.expect_keeper('before-sneak', 'goes into the background')

    def test_one_that_is_killed_with_the_state_in_hand_leaves_the_service_to_the_keeper(self):
        self.expect_keeper('late-kill', 'the new version was killed by signal 9 (Killed)')


if __name__ == '__main__':
    unittest.main(verbosity=2)
