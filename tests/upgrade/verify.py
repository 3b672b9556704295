# SPDX-License-Identifier: MIT
"""Verification in whole upgrades: a new version that takes its state over wrongly does not serve,
and the sentence says which record, by its key, and which field."""
import json
import os
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
VAULT = os.environ['VAULT']
TILL_V1 = os.environ['TILL_V1']
TILL_V2 = os.environ['TILL_V2']
REFUSED = 12  # exit status of EKIDEN_EREFUSED
SECONDS = 60

# What is done to it, the item, the field, and words of the sentence.
FAULTS = (
    ('lose', 'books', None, 'record 19 (number 119) came, and the program does not have it'),
    ('extra', 'books', None, 'record 20 (number 7) is in the program, and never came'),
    ('swap', 'books', 'sequel', 'record 3 (number 103) is not what it was'),
    ('truncate', 'books', 'title', 'record 5 (number 105) is not what it was'),
    ('owner', 'owner', 'name', 'field "name" has another value'),
    ('door', 'owner', 'door', 'field "door" has another value'),
    ('visits', 'visits', 'integer', 'field "integer" has another value'),
)
# The same of a till, whose new version calls things otherwise, looks one up, and splits another.
TILL_FAULTS = (
    ('tenths', 'coins', 'tenths', 'record 1 (number 101) is not what it was when the program was given it'),
    ('colour', 'coins', 'colour', 'record 8 (number 108) is not what it was'),
    ('visits', 'drawers', 'visits', 'record 0 (number 0) is not what it was'),
    ('lamps', 'lamps', None, 'record 1 (number 1) came, and the program does not have it'),
)
VALUES = ('volume 5', 'volume', 'forgery', 'old lady')


class Program(unittest.TestCase):
    """One that runs, and is upgraded."""
    maxDiff = None
    name, old, new = 'vault', VAULT, VAULT

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': directory.name}
        self.process = subprocess.Popen([self.old], env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end)
        self.pid = self.process.pid
        until = time.monotonic() + SECONDS
        while not os.listdir(directory.name):
            self.assertLess(time.monotonic(), until, 'it does not start')
            time.sleep(0.01)

    def end(self):
        if self.pid != self.process.pid:
            os.kill(self.pid, 9)
        self.process.kill()
        self.process.wait()

    def run_tool(self, *options, fault=None):
        """The exit status, and the last event."""
        arguments = ['--', fault] if fault else []
        result = subprocess.run([TOOL, '--json', *options, self.name, self.new, *arguments],
                                env=self.environment, timeout=SECONDS, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        event = events[-1]
        if event['event'] == 'committed':
            self.pid = event['successor_pid']
        self.phases = [event['phase'] for event in events if event['event'] == 'phase']
        return result.returncode, event

    def run_for_people(self, *options):
        """What it prints."""
        result = subprocess.run([TOOL, *options, self.name, self.new],
                                env=self.environment, timeout=SECONDS, check=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return result.stdout.decode()

    def expect_fault(self, options, fault, item, field, words):
        """It is found, and the old version serves on."""
        status, event = self.run_tool('--verify', *options, fault=fault)
        self.assertEqual((status, event['event']), (REFUSED, 'failed'), event)
        self.assertEqual((event['phase'], event['item'], event['field']),
                         ('ready', item, field), event)
        self.assertEqual(self.phases[-2:], ['transfer', 'ready'], 'the phase that it failed in has begun')
        self.assertIn(words, event['sentence'])
        self.assertTrue(event['serves_on'])
        for value in VALUES:
            self.assertNotIn(value, event['sentence'])


class Verify(Program):
    """One version of a vault."""

    def expect_serving(self):
        """The old version, by its PID, upgrades itself as if nothing had been."""
        self.assertIsNone(self.process.poll())
        status, event = self.run_tool('--verify')
        self.assertEqual((status, event['event']), (0, 'committed'), event)

    def test_what_was_taken_over_rightly_serves(self):
        for options in ((), ('--rehearse',)):
            with self.subTest(options=options):
                status, event = self.run_tool('--verify', *options)
                self.assertEqual(status, 0, event)
                self.assertEqual([(item['name'], item['verdict']) for item in event['items']],
                                 [('books', 'same'), ('owner', 'same'), ('visits', 'same')])

    def test_pause_has_all_the_time_in_which_nobody_served(self):
        """The old version stops counting when it hears that the new one has."""
        for _ in range(5):
            status, event = self.run_tool('--verify')
            self.assertEqual((status, event['event']), (0, 'committed'), event)
            result = subprocess.run([TOOL, '--json', '--status', str(self.pid)],
                                    env=self.environment, timeout=SECONDS, check=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            leg = json.loads(result.stdout)['lineage'][-1]
            self.assertEqual(leg['pid'], self.pid)
            self.assertGreaterEqual(event['pause_us'], leg['pause_us'])

    def test_order_is_no_difference(self):
        status, event = self.run_tool('--verify', '--rehearse', fault='order')
        self.assertEqual((status, event['event']), (0, 'rehearsed'), event)

    def test_each_fault_is_found_and_the_old_version_serves_on(self):
        for options in (('--rehearse',), ()):
            for fault, item, field, words in FAULTS:
                with self.subTest(fault=fault, options=options):
                    self.expect_fault(options, fault, item, field, words)
        self.expect_serving()

    def test_without_verification_nobody_looks(self):
        status, event = self.run_tool(fault='truncate')
        self.assertEqual((status, event['event']), (0, 'committed'), event)
        self.assertNotIn('items', event)

    def test_a_person_is_told(self):
        said = self.run_for_people('--verify', '--rehearse')
        self.assertIn('verified: 3 of 3 items the same\n', said)
        self.assertRegex(said, r'item .* verified\n.*books .* same\n')
        self.assertNotIn('could not be compared', said)

    def test_a_person_who_rehearses_several_times_is_told(self):
        said = self.run_for_people('--verify', '--rehearse', '--times', '3')
        self.assertIn('verified: 3 of 3 items the same\n', said)


class VerifyOtherVersion(Program):
    """A till, and its next version: which calls two fields otherwise, one of which it changed,
    looks one up, and splits an item; and knows no way back."""
    name, old, new = 'till', TILL_V1, TILL_V2

    def test_what_was_taken_over_rightly_is_the_same_as_given(self):
        for options in (('--rehearse',), ()):
            with self.subTest(options=options):
                status, event = self.run_tool('--verify', *options)
                self.assertEqual(status, 0, event)
                self.assertEqual([(item['name'], item['verdict'], item['reason'])
                                  for item in event['items']],
                                 [(name, 'same as given',
                                   'no transformers lead from version 2 back to 1')
                                  for name in ('coins', 'drawers', 'lamps')])

    def test_each_fault_is_found_by_what_only_the_new_version_has(self):
        for options in (('--rehearse',), ()):
            for fault, item, field, words in TILL_FAULTS:
                with self.subTest(fault=fault, options=options):
                    self.expect_fault(options, fault, item, field, words)
        status, event = self.run_tool('--verify')
        self.assertEqual((status, event['event']), (0, 'committed'), event)

    def test_a_person_is_told_what_was_compared(self):
        for times in ((), ('--times', '2')):
            with self.subTest(times=times):
                said = self.run_for_people('--verify', '--rehearse', *times)
                self.assertIn('verified: 3 of 3 items the same as given; 0 of them also when taken '
                              'back\n', said)
                self.assertIn('  same as given: coins (not taken back: no transformers lead from '
                              'version 2 back to 1)\n', said)

    def test_several_rehearsals_tell_the_worst_verdict(self):
        status, event = self.run_tool('--verify', '--rehearse', '--times', '2')
        self.assertEqual((status, event['event']), (0, 'rehearsals'), event)
        self.assertEqual([item['verdict'] for item in event['items']], ['same as given'] * 3)


if __name__ == '__main__':
    unittest.main()
