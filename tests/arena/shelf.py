# SPDX-License-Identifier: MIT
"""Whole upgrades of a program whose large texts lie in an arena: they are where they were, whatever
becomes of the upgrade, and after any number of them."""
import contextlib
import hashlib
import json
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
INSPECT = os.environ['EKIDEN_INSPECT']
SHELVES = {version: os.environ[f'SHELF_V{version}'] for version in (1, 2, 3)}
SECONDS = 60
BOOKS = 200
MEBIBYTE = 1 << 20


def memory_files(pid):
    """The memory files of a process's arenas, by name."""
    found = {}
    for number in os.listdir(f'/proc/{pid}/fd'):
        path = f'/proc/{pid}/fd/{number}'
        try:
            name = os.readlink(path)
        except FileNotFoundError:
            continue
        if name.startswith('/memfd:ekiden:'):
            found[name] = path
    return found


def digest(pid):
    """Of all that lies in them, and how long they are."""
    result = hashlib.sha256()
    for name, path in sorted(memory_files(pid).items()):
        with open(path, 'rb') as file:
            while chunk := file.read(MEBIBYTE):
                result.update(chunk)
        result.update(f'{name} {os.stat(path).st_size}'.encode())
    return result.hexdigest()


def memory_is_mapped(pid):
    """Whether a process has not left yet: one that nobody waits for may stay, without memory."""
    try:
        with open(f'/proc/{pid}/maps', encoding='ascii') as maps:
            return maps.read() != ''
    except OSError:
        return False


class Shelf(unittest.TestCase):
    """One that runs, and is upgraded."""
    first = 2

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': directory.name}
        self.socket = os.path.join(directory.name, 'door')
        self.start()
        self.addCleanup(self.end)

    def start(self, **environment):
        self.process = subprocess.Popen([SHELVES[self.first], self.socket],
                                        env={**self.environment, **environment},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        until = time.monotonic() + SECONDS
        while True:
            try:
                return self.ask('room')
            except OSError:
                self.assertLess(time.monotonic(), until, 'it does not start')
                time.sleep(0.01)

    def end(self):
        if self.pid != self.process.pid:
            os.kill(self.pid, 9)
        self.process.kill()
        self.process.wait()

    def ask(self, line):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(self.socket)
            connection.sendall(line.encode())
            return connection.makefile().readline().strip()

    def numbers(self, line):
        return [int(number) for number in self.ask(line).split()]

    def fill(self, books=BOOKS, largest=200000):
        for number in range(books):
            self.assertEqual(self.ask(f'put {number} {(number * 7919) % largest} {number + 3}'), 'ok')

    def expect_intact(self, version, books=BOOKS):
        """How many bytes there are."""
        pid, is_version, has_books, size, offenders = self.numbers('check')
        self.assertEqual((is_version, has_books, offenders), (version, books, 0))
        self.assertEqual(pid, self.pid)
        return size

    def upgrade(self, version, *options, fault=None):
        """The last event."""
        arguments = ['--', self.socket, fault] if fault else []
        result = subprocess.run([TOOL, '--json', *options, 'shelf', SHELVES[version], *arguments],
                                env=self.environment, timeout=SECONDS, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        event = json.loads(result.stdout.splitlines()[-1])
        if event['event'] == 'committed':
            self.pid = event['successor_pid']
        return event

    def expect_upgrade(self, version, *options):
        event = self.upgrade(version, *options)
        self.assertEqual(event['event'], 'committed', event)
        return event


class Upgrades(Shelf):
    """Of the version that has an arena."""

    def test_texts_stay_in_the_memory_that_they_were_in(self):
        self.fill()
        size = self.expect_intact(2)
        before = digest(self.pid)
        room = self.ask('room')
        event = self.expect_upgrade(2)
        self.assertEqual(self.expect_intact(2), size)
        self.assertEqual(self.ask('room'), room)
        self.assertEqual(digest(self.pid), before)
        self.assertEqual(len(memory_files(self.pid)), 2)
        # What crossed is where the texts are, and not they.
        self.assertLess(event['bytes'], BOOKS * 60)
        self.fill()
        self.expect_intact(2)

    def test_a_hundred_legs_take_no_more_than_one(self):
        self.fill(50, 50000)
        for leg in range(100):
            self.expect_upgrade(2)
            for number in range(leg % 7, 50, 7):
                self.assertEqual(self.ask(f'put {number} {(leg * 911 + number) % 50000} {leg}'),
                                 'ok')
            if leg == 10:
                early = self.numbers('room')
        self.expect_intact(2, 50)
        late = self.numbers('room')
        self.assertLessEqual(late[2], early[2] + 2 * MEBIBYTE)
        self.assertLessEqual(late[3], early[3])
        self.assertEqual(len(memory_files(self.pid)), 2)

    def test_whatever_a_successor_did_the_predecessor_finds_its_memory_as_it_was(self):
        self.fill()
        before = digest(self.pid)
        size = self.expect_intact(2)
        for fault in ('scribble', 'close'):
            event = self.upgrade(2, fault=fault)
            self.assertEqual((event['event'], event['serves_on']), ('failed', True), event)
            self.assertEqual(digest(self.pid), before)
            self.assertEqual(self.expect_intact(2), size)
        self.fill()
        self.expect_intact(2)
        self.expect_upgrade(2)
        self.expect_intact(2)

    def test_a_rehearsal_leaves_it_as_it_was(self):
        self.fill()
        before = digest(self.pid)
        for version in (2, 3):
            event = self.upgrade(version, '--rehearse', '--verify')
            self.assertEqual(event['event'], 'rehearsed', event)
            self.assertEqual(digest(self.pid), before)
        self.expect_intact(2)

    def test_verification_compares_the_texts(self):
        self.fill()
        room = self.ask('room')
        event = self.expect_upgrade(2, '--verify')
        self.assertEqual([(item['name'], item['reason']) for item in event['ahead']], [('books', None)])
        self.assertEqual({item['name']: item['verdict'] for item in event['items']},
                         {'books': 'same', 'listener': 'same', 'texts': 'same', 'same': 'same'})
        self.expect_intact(2)
        self.assertEqual(self.ask('room'), room)
        self.fill()
        self.expect_intact(2)

    def test_what_a_transformer_writes_anew_or_drops_frees_what_was_there(self):
        self.fill()
        for _ in range(10):
            for book in range(0, BOOKS, 5):
                self.ask(f'put {book} 10000 1')
            self.expect_upgrade(3)
            self.expect_intact(3, BOOKS - BOOKS // 5)
            self.assertEqual(self.numbers('room')[0], BOOKS - BOOKS // 5)
            self.expect_upgrade(2)
            self.expect_intact(2, BOOKS - BOOKS // 5)

    def test_what_the_predecessor_still_does_as_it_leaves_the_successor_never_sees(self):
        self.end()
        os.unlink(self.socket)
        self.start(SHELF_LEAVES='1')
        self.fill()
        size = self.expect_intact(2)
        for _ in range(3):
            leaving = self.pid
            self.expect_upgrade(2)
            if leaving == self.process.pid:
                self.assertEqual(self.process.wait(SECONDS), 0)
            while memory_is_mapped(leaving):
                time.sleep(0.01)
            self.assertEqual(self.expect_intact(2), size)
        self.fill()
        self.expect_intact(2)

    def test_a_child_keeps_what_it_sees_and_hinders_nobody(self):
        self.fill()
        self.assertEqual(self.numbers('fork'), [0])
        self.expect_upgrade(2)
        self.expect_intact(2)


class Ahead(Shelf):
    """Records are sent ahead, and their texts change meanwhile."""

    @contextlib.contextmanager
    def changes(self, *verbs):
        """While books are changed at random: the thread that does so, how many it has, and what it was answered."""
        stop, asked, answers = threading.Event(), [0], set()

        def change():
            dice = random.Random(7)
            while not stop.is_set():
                number = dice.randrange(2500)
                if 'move' in verbs:
                    answers.add(self.ask('move 1'))
                elif dice.randrange(5) == 0:
                    answers.add(self.ask(f'drop {number}'))
                else:
                    answers.add(self.ask(f'{dice.choice(verbs)} {number} {dice.randrange(5000)} '
                                         f'{dice.randrange(1000)}'))
                asked[0] += 1

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield thread, asked, answers
        finally:
            stop.set()
            thread.join()

    def test_a_change_that_is_not_told_of_is_found_by_a_verification(self):
        self.fill(2000, 3000)
        with self.changes('put', 'put', 'put', 'hush'):
            for _ in range(20):
                event = self.upgrade(2, '--rehearse', '--verify')
                if event['event'] == 'failed':
                    break
        self.assertEqual((event['event'], event.get('item')), ('failed', 'books'), event)
        self.assertRegex(event['sentence'], 'see that the old version tells of each change to it, by its touch')
        self.expect_upgrade(2, '--verify')  # now that nothing changes

    def test_a_text_that_only_moved_is_found_by_a_verification(self):
        self.fill(200, 3000)
        with self.changes('move'):
            for _ in range(10):
                event = self.upgrade(2, '--rehearse', '--verify')
                if event['event'] == 'failed':
                    break
        self.assertEqual((event['event'], event.get('item'), event.get('field')), ('failed', 'books', 'text'), event)
        self.assertRegex(event['sentence'], r'^record \d+ \(number \d+\) is not what the predecessor has: field "text" '
                                            r'has another block of its arena; see that')

    def test_what_changes_while_it_is_sent_ahead_is_there_afterwards(self):
        self.fill(2000, 3000)
        with self.changes('put') as (thread, asked, answers):
            for _ in range(10):
                event = self.expect_upgrade(2)
                before = asked[0]
                while asked[0] < before + 100:
                    self.assertTrue(thread.is_alive())
                    time.sleep(0.01)
                pid, _, books, _, offenders = self.numbers('check')
                self.assertEqual((pid, offenders), (self.pid, 0))
                self.assertGreater(books, 1000)
                self.assertEqual([item['name'] for item in event['ahead']], ['books'])
        self.assertEqual(answers, {'ok'})
        _, _, books, _, _ = self.numbers('check')
        used = self.numbers('room')[0]
        self.assertLessEqual(used, books)  # some are empty, and nothing was left behind
        self.assertGreater(used, books - 50)

    def test_what_a_transformer_changes_crosses_in_the_pause_and_the_operator_is_told_why(self):
        self.fill()
        event = self.expect_upgrade(3)
        reasons = [(item['name'], item['reason']) for item in event['ahead']]
        self.assertEqual(reasons, [('books', 'a transformer changes its records, which have bytes '
                                             'in an arena')])

    def test_an_upgrade_that_fails_while_texts_are_sent_ahead_leaves_all_as_it_was(self):
        self.fill()
        before = digest(self.pid)
        for fault in ('scribble', 'close'):
            event = self.upgrade(2, fault=fault)
            self.assertEqual(event['event'], 'failed', event)
            self.assertEqual(digest(self.pid), before)
        self.expect_intact(2)


class Downgrades(Shelf):
    """From and to a version that has no arena."""
    first = 1

    def test_texts_go_into_the_arena_and_out_of_it(self):
        self.fill()
        size = self.expect_intact(1)
        self.expect_upgrade(2)
        self.assertEqual(self.expect_intact(2), size)
        self.assertEqual(self.numbers('room')[0], BOOKS - 1)  # one is empty
        self.expect_upgrade(1)
        self.assertEqual(self.expect_intact(1), size)
        self.expect_upgrade(2)
        self.assertEqual(self.expect_intact(2), size)


class Snapshots(Shelf):
    """In a file."""

    def test_a_snapshot_holds_the_texts_themselves(self):
        self.fill()
        size = self.expect_intact(2)
        path = os.path.join(self.directory, 'snapshot')
        subprocess.run([TOOL, '--snapshot', path, 'shelf'], env=self.environment, timeout=SECONDS,
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.assertGreater(os.stat(path).st_size, size)
        with open(path, 'rb') as file:
            self.assertNotIn(b'memfd', file.read())
        shown = subprocess.run([INSPECT, '--item', 'books', '--key', '1', path], timeout=SECONDS,
                               check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertIn(b'text', shown.stdout)
        for version in (2, 3):
            subprocess.run([INSPECT, '--for', SHELVES[version], path, '--', self.socket + '2'],
                           env=self.environment, timeout=SECONDS, check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            os.unlink(self.socket + '2')
        self.end()
        os.unlink(self.socket)
        self.start(EKIDEN_SNAPSHOT=path)
        self.assertEqual(self.expect_intact(2), size)
        self.assertEqual(self.numbers('room')[0], BOOKS - 1)
        self.expect_upgrade(2)
        self.assertEqual(self.expect_intact(2), size)


if __name__ == '__main__':
    unittest.main()
