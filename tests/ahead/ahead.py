# SPDX-License-Identifier: MIT
"""Sending ahead in whole upgrades. The program changes at random while it is upgraded, and its
successor compares what came ahead with copies that came in the pause: an upgrade that succeeds has
lost nothing."""
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
SHELF_V1 = os.environ['SHELF_V1']
SHELF_V2 = os.environ['SHELF_V2']
SECONDS = 60
OK, TRANSFORMER, REFUSED, PEER, TIMEOUT, LIMIT, CANCELLED = 0, 11, 12, 13, 14, 17, 18
SEED = int(os.environ.get('EKIDEN_TEST_SEED', '1'))


class Shelf(unittest.TestCase):
    """One that runs, and is upgraded."""
    maxDiff = None

    def start(self, *arguments, binary=SHELF_V1):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': directory.name}
        self.arguments = list(arguments)
        self.process = subprocess.Popen([binary, *arguments], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.addCleanup(self.end)
        self.wait_for(self.listens, 'it does not start')

    def listens(self):
        """A control socket has its name a moment before anybody can connect to it."""
        for name in os.listdir(self.directory):
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(os.path.join(self.directory, name)) == 0
        return False

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def successor(self):
        """The PID of one that the first process has started."""
        children = pathlib.Path(f'/proc/{self.process.pid}/task/{self.process.pid}/children')
        self.wait_for(lambda: children.read_text().split(), 'none was started')
        return children.read_text().split()[0]

    def end(self):
        if self.pid != self.process.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def ask(self, *options, binary=SHELF_V1, fault=None):
        """A tool that has been started."""
        arguments = ['--', *self.arguments, 'fault=' + fault] if fault is not None else []
        return subprocess.Popen([TOOL, '--json', *options, 'shelf', binary, *arguments],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE)

    def hear(self, tool):
        """The exit status, and all events."""
        output = tool.communicate(timeout=SECONDS)[0]
        events = [json.loads(line) for line in output.splitlines()]
        if events[-1]['event'] == 'committed':
            self.pid = events[-1]['successor_pid']
        return tool.returncode, events

    def upgrade(self, *options, **more):
        """The exit status, and the last event."""
        status, events = self.hear(self.ask(*options, **more))
        return status, events[-1]

    def expect_upgrade(self, *options, **more):
        status, event = self.upgrade(*options, **more)
        self.assertEqual((status, event['event']), (OK, 'committed'), event)
        return event

    def expect_refusal(self, status, words, *options, **more):
        """It is called off with these words, and the old version serves on."""
        got, event = self.upgrade(*options, **more)
        self.assertEqual((got, event['event']), (status, 'failed'), event)
        self.assertIn(words, event['sentence'])
        self.assertTrue(event['serves_on'])
        return event

    def ahead(self, event, name='books'):
        """What the last event says of an item."""
        return next(item for item in event['ahead'] if item['name'] == name)


class Arrives(Shelf):
    """Nothing is lost."""

    def test_what_changes_while_it_is_sent_arrives_leg_by_leg(self):
        self.start('records=20000', 'changes=40')
        for binary in (SHELF_V1, SHELF_V1, SHELF_V2, SHELF_V2):
            event = self.expect_upgrade(binary=binary)
            for name in ('books', 'loans'):
                item = self.ahead(event, name)
                self.assertIsNone(item['reason'])
                self.assertGreater(item['records'], 0)
                self.assertLess(item['rest'], item['records'])
            self.assertGreaterEqual(self.ahead(event)['records'], 10000)
            self.assertIsNone(event['left_behind'])

    def test_random_programs_lose_nothing(self):
        draw = random.Random(SEED)
        for _ in range(6):
            settings = (f'records={draw.choice((0, 1, 63, 64, 65, 1000, 5000))}',
                        f'changes={draw.choice((1, 7, 100, 1000))}',
                        f'sleep_us={draw.choice((0, 50, 2000))}',
                        f'title={draw.choice((40, 40, 20000))}',
                        f'budget_us={draw.choice((1, 500, 5000))}')
            with self.subTest(settings=settings, seed=SEED):
                self.start(*settings)
                try:
                    for binary in (SHELF_V1, SHELF_V2, SHELF_V2):
                        self.expect_upgrade(binary=binary, fault=draw.choice(('', '', 'slow')))
                finally:
                    self.end()

    def test_change_that_is_not_told_of_is_noticed(self):
        self.start('records=2000', 'changes=200', 'sleep_us=100', 'fault=forget')
        for _ in range(20):
            status, event = self.upgrade(fault='forget')
            if status == REFUSED:
                break
        self.assertEqual(status, REFUSED, 'the test would not see a loss')
        self.assertRegex(event['sentence'], '(is lost|is another|books came)')

    def test_record_that_a_transformer_drops_after_a_change_is_gone(self):
        self.start('records=2000', 'changes=100')
        self.expect_upgrade(binary=SHELF_V2, fault='drop')

    def test_callback_that_asks_where_it_was_resumed_harms_nothing(self):
        self.start('records=2000', 'changes=100')
        self.expect_upgrade(fault='curious')

    def test_program_that_waits_for_nothing_is_woken(self):
        self.start('records=30000', 'changes=0')
        event = self.expect_upgrade()
        self.assertEqual(self.ahead(event)['rest'], 0)
        self.assertEqual(self.ahead(event)['records'], 30000)

    def test_how_far_it_has_come_is_told(self):
        self.start('records=100000', 'changes=1')
        status, events = self.hear(self.ask())
        self.assertEqual(status, OK)
        heard = [event for event in events if event['event'] == 'ahead']
        self.assertGreater(len(heard), 0)
        self.assertEqual(heard[0]['item'], 'books')
        self.assertEqual(heard[0]['round'], 0)
        self.assertGreater(heard[-1]['bytes'], heard[0]['bytes'] - 1)
        phases = [event['phase'] for event in events if event['event'] == 'phase']
        self.assertEqual(phases[-1], 'serve')


class Verified(Shelf):
    """What came ahead is held against what the old version has, in the pause."""

    def expect_same(self, event, verdict='same'):
        items = {item['name']: item for item in event['items']}
        for name in ('books', 'loans'):
            self.assertEqual(items[name]['verdict'], verdict, items[name])
            self.assertIsNone(self.ahead(event, name)['reason'])
            self.assertGreater(self.ahead(event, name)['records'], 0)
        return items

    def test_what_was_told_of_is_the_same_leg_by_leg(self):
        self.start('records=5000', 'changes=40')
        for binary, options, verdict in ((SHELF_V1, ['--rehearse'], 'same'), (SHELF_V1, [], 'same'),
                                         (SHELF_V2, ['--rehearse'], 'same as given'),
                                         (SHELF_V2, [], 'same as given'), (SHELF_V2, [], 'same')):
            status, event = self.upgrade('--verify', *options, binary=binary, fault='alone')
            self.assertEqual(status, OK, event)
            self.expect_same(event, verdict)

    def test_records_that_a_transformer_drops_are_not_missed(self):
        self.start('records=2000', 'changes=100')
        status, event = self.upgrade('--verify', binary=SHELF_V2, fault='drop')
        self.assertEqual(status, OK, event)
        self.expect_same(event, 'same as given')

    def test_change_that_is_not_told_of_is_found(self):
        for binary in (SHELF_V1, SHELF_V2):
            with self.subTest(binary=binary):
                self.start('records=2000', 'changes=200', 'sleep_us=100', 'fault=forget')
                for _ in range(20):
                    status, event = self.upgrade('--rehearse', '--verify', binary=binary, fault='alone')
                    if status == REFUSED:
                        break
                self.assertEqual(status, REFUSED, 'it is not found')
                self.assertEqual(event['item'], 'books')
                self.assertRegex(event['sentence'],
                                 r'record \d+ \(key "book \d+"\) is (not what the predecessor has: field "\w+" has '
                                 r'another value|in the predecessor, and the program does not have it|'
                                 r'in the program, and the predecessor does not have it); see that the old version '
                                 r'tells of each change to it, by its touch function')
                self.assertTrue(event['serves_on'])
                self.end()


    def test_a_rehearsal_leaves_time_for_changes_to_happen(self):
        self.start('records=200', 'changes=1', 'sleep_us=10000', 'fault=forget')
        for _ in range(20):
            status, event = self.upgrade('--rehearse', '--verify', fault='alone')
            if status == REFUSED:
                break
        self.assertEqual(status, REFUSED, 'one of 64 is not told of, and there are some 50 in each rehearsal')
        self.assertIn('tells of each change', event['sentence'])

    def test_a_time_limit_is_not_spent_on_waiting_for_changes(self):
        self.start('records=200', 'changes=1')
        status, event = self.upgrade('--rehearse', '--verify', '--timeout', '1', fault='alone')
        self.assertEqual((status, event['event']), (OK, 'rehearsed'), event)

    def test_what_scan_takes_out_itself_is_told_of(self):
        self.start('records=2000', 'changes=0', 'fault=expire')
        status, event = self.upgrade('--rehearse', fault='alone')
        self.assertEqual((status, event['event']), (OK, 'rehearsed'), event)
        event = self.expect_refusal(REFUSED, 'was changed in the pause, after it had been sent: by a callback that '
                                             'exports another item, or this one for --verify; take out elsewhere what '
                                             'has expired', '--rehearse', '--verify', fault='alone')
        self.assertEqual(event['item'], 'books')

    def test_limit_of_the_pause_that_the_comparison_passes_is_told_as_such(self):
        self.start('records=100000', 'changes=0')
        self.expect_refusal(TIMEOUT, 'the comparison is part of it; allow more, or leave out --verify',
                            '--rehearse', '--verify', '--max-pause', '10', fault='alone')


class InThePause(Shelf):
    """What cannot be sent ahead crosses all the same, and the operator is told."""

    def expect_reason(self, event, name, words):
        item = self.ahead(event, name)
        self.assertIn(words, item['reason'])
        self.assertIsNone(item['records'])

    def test_item_that_is_asked_for_late_crosses_in_the_pause(self):
        self.start()
        event = self.expect_upgrade(fault='late')
        self.expect_reason(event, 'loans', 'to be tagged before all that is not sent ahead')
        self.assertIsNone(self.ahead(event)['reason'])

    def test_rehearsal_sends_ahead_and_the_old_version_serves_on(self):
        self.start()
        for _ in range(3):
            status, event = self.upgrade('--rehearse', binary=SHELF_V2)
            self.assertEqual((status, event['event']), (OK, 'rehearsed'), event)
            self.assertGreater(self.ahead(event)['records'], 1000)
        self.assertEqual(event['predecessor_pid'], self.process.pid)
        self.expect_upgrade(binary=SHELF_V2)


class Room(Shelf):
    """Whether there was room before the pause for what crosses in it: the operator is told."""

    def room(self, event):
        """What is said of the copies: how many, and why none."""
        item = next(item for item in event['room'] if item['name'] == 'copies')
        return item['records'], item['reason']

    def test_is_told_of_the_item_that_is_tagged_first(self):
        self.start('records=20000', 'changes=0')
        for options in (['--rehearse'], []):
            status, event = self.upgrade(*options, binary=SHELF_V2, fault='first')
            self.assertEqual(status, OK, event)
            self.assertEqual(self.room(event), (20000, None))
            self.assertEqual(len(event['room']), 1, 'books were sent ahead')

    def test_that_could_not_be_made_is_told_with_the_reason(self):
        self.start('records=20000', 'changes=0')
        status, event = self.upgrade('--rehearse')
        self.assertEqual(status, OK, event)
        self.assertEqual(self.room(event), (None, 'the new version does not tag it first'))
        event = self.expect_upgrade('--keep-pid', fault='first')
        self.assertEqual(self.room(event),
                         (None, 'the PID is kept, and nothing comes before the pause'))

    def test_where_the_pid_would_be_kept_a_rehearsal_counts_what_it_does_not_rehearse(self):
        self.start('records=20000', 'changes=0')
        self.arguments += ['start_ms=300']
        status, event = self.upgrade('--rehearse', '--keep-pid', fault='first')
        self.assertEqual((status, event['event']), (OK, 'rehearsed'), event)
        self.assertGreaterEqual(event['unrehearsed_us'], 300000)
        self.assertGreater(event['pause_us'], event['unrehearsed_us'])
        kept = 'the PID is kept, and nothing comes before the pause'
        self.assertEqual(self.room(event), (None, kept))
        self.assertEqual(self.ahead(event)['reason'], kept)
        status, event = self.upgrade('--rehearse', '--keep-pid', '--max-pause', '299', fault='first')
        self.assertEqual((status, event['event']), (TIMEOUT, 'failed'), event)
        self.assertRegex(event['sentence'], r'the pause would reach 3\d\d\.\d ms in phase pause, '
                                            r'and --max-pause allows 299\.0; 3\d\d\.\d ms are the new version\'s start')
        self.assertTrue(event['serves_on'])
        status, event = self.upgrade('--rehearse', fault='first')
        self.assertEqual((status, event['unrehearsed_us']), (OK, None), event)

    def test_of_a_version_that_does_not_count_is_none(self):
        self.start('records=20000', 'changes=0', 'fault=uncounted')
        event = self.expect_upgrade(fault='first')
        self.assertEqual(self.room(event), (None, 'the old version does not count them'))

    def test_is_not_told_of_where_it_hardly_matters(self):
        self.start('records=9999', 'changes=0')
        self.assertEqual(self.expect_upgrade(fault='first')['room'], [])

    def test_is_told_to_people_in_a_line(self):
        self.start('records=20000', 'changes=0')
        for fault, line in (('first', '  made ready   copies: room for 20,000 records before the pause'),
                            ('', '  not ready    copies: the new version does not tag it first')):
            for options in (['--rehearse'], []):
                output = subprocess.run([TOOL, *options, str(self.pid), SHELF_V1, '--', 'changes=0',
                                         'fault=' + fault], env=self.environment, check=True,
                                        timeout=SECONDS, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True).stdout
                self.assertIn(line, output.splitlines())
            self.pid = int(re.search(r'→ v1 \(pid (\d+)\)|-> v1 \(pid (\d+)\)', output).group(1))


class CalledOff(Shelf):
    """All is forgotten, and the next attempt succeeds."""

    def expect_next(self):
        self.assertIsNone(self.process.poll())
        event = self.expect_upgrade(binary=SHELF_V2, fault='')
        self.assertEqual(event['predecessor_pid'], self.process.pid)

    def test_transformer_that_changes_a_key_is_refused(self):
        self.start('records=5000')
        self.expect_refusal(TRANSFORMER, 'changed the key of record', binary=SHELF_V2,
                            fault='rekey')
        self.expect_refusal(TRANSFORMER, 'made several records of record', binary=SHELF_V2,
                            fault='twice')
        self.expect_next()

    def test_transformer_that_changes_a_key_is_refused_however_it_is_asked(self):
        """Or the same two binaries would be sound with one option, and not without it."""
        self.start('records=5000')
        for options in (['--keep-pid'], ['--keep-pid', '--verify']):
            for fault, words in (('rekey', 'changed the key of record'),
                                 ('twice', 'made several records of record')):
                with self.subTest(options=options, fault=fault):
                    event = self.expect_refusal(TRANSFORMER, words, *options, binary=SHELF_V2,
                                                fault=fault)
                    self.assertIn('item "books" is marked to be sent ahead', event['sentence'])
                    self.assertEqual((event['phase'], event['item']), ('transfer', 'books'))
        self.expect_upgrade('--verify', binary=SHELF_V2, fault='')

    def test_refusal_at_the_first_update_point_is_told_with_its_phase(self):
        self.start('changes=200')
        event = self.expect_refusal(REFUSED, 'it comes too late', fault='balk')
        self.assertIn(event['phase'], ('warm', 'transfer'))
        self.assertEqual(event['item'], 'books')
        self.end()
        self.start('changes=200', 'budget_us=1')  # there is a round, and the predecessor serves
        event = self.expect_refusal(REFUSED, 'it comes too late', fault='balk')
        self.assertEqual(event['phase'], 'warm')

    def test_successor_that_dies_is_no_harm(self):
        self.start()
        for fault in ('die_first', 'die_rounds'):
            self.expect_refusal(PEER, 'before it served', fault=fault)
        self.expect_next()

    def test_item_that_is_untagged_meanwhile_calls_it_off(self):
        self.start('records=20000', 'fault=untag')
        self.expect_refusal(REFUSED, 'untagged while it was sent ahead')

    def test_keys_beyond_their_memory_call_it_off(self):
        self.start('changes=100', 'memory=65536')
        self.expect_refusal(LIMIT, 'changes faster than it is sent ahead', fault='slow')
        self.assertIsNone(self.process.poll())

    def test_pause_is_no_longer_than_the_operator_allows(self):
        self.start('records=20000', 'changes=0')  # but for copies, of all of them, nothing is left
        event = self.expect_refusal(TIMEOUT, 'and --max-pause allows 0.2', '--max-pause', '0.2',
                                    binary=SHELF_V2)
        self.assertIn(event['phase'], ('transfer', 'ready'))
        event = self.expect_upgrade('--max-pause', '30000', binary=SHELF_V2)
        self.assertLess(event['pause_us'], 30000000)

    def test_changes_that_outrun_the_upgrade_call_it_off_or_lengthen_the_pause(self):
        self.start('records=5000', 'changes=2000', 'sleep_us=0', 'budget_us=1')
        self.expect_refusal(LIMIT, 'keys that changed are left', '--max-pause', '0.1')
        event = self.expect_upgrade()
        self.assertTrue(self.ahead(event)['outrun'])

    def test_another_operator_calls_it_off(self):
        self.start()
        tool = self.ask(fault='stuck')
        self.successor()
        time.sleep(0.1)
        subprocess.run([TOOL, '--quiet', '--cancel', 'shelf'], env=self.environment, check=True,
                       timeout=SECONDS, stdin=subprocess.DEVNULL)
        self.assertEqual(self.hear(tool)[0], CANCELLED)
        self.expect_next()

    def test_time_limit_counts_while_it_is_sent_ahead(self):
        self.start()
        self.expect_refusal(TIMEOUT, 'time limit', '--timeout', '1', fault='stuck')
        self.expect_next()

    def test_successor_of_a_dead_predecessor_ends(self):
        self.start('records=5000')
        tool = self.ask(fault='slow')
        status = pathlib.Path(f'/proc/{self.successor()}/stat')
        time.sleep(0.1)
        self.process.kill()
        self.process.wait()
        self.hear(tool)
        self.wait_for(lambda: not status.exists() or ') Z' in status.read_text(),
                      'the successor lives on')


if __name__ == '__main__':
    unittest.main()
