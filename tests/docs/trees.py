#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/trees.md: its program is built and upgraded, a parent and its worker, and what the page says of them is so.
With --write the page gets its sessions anew."""
import json
import os
import re
import signal
import sys
import time
import unittest

import operators
from page import Page
from workshop import PATIENCE, Workshop, ask, connect

PAGE = 'docs/trees.md'
WHERE = '/srv/desk'  # what the page calls the folder that the commands ran in
KEEPS = '{.name = "worker", .keeps_pid = true}'


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.01)


def parent_of(pid):
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        return int(re.search(r'^PPid:\s+(\d+)', file.read(), re.M).group(1))


class Desk:
    """The page's program, built as it says, with one client."""

    def __init__(self, workshop, page, change=lambda text: text):
        self.workshop = workshop
        workshop.write_files(page)
        workshop.write('desk.c', change(workshop.read('desk.c')))
        for block in page.of('sh', 'run'):
            workshop.run(block.text)
        workshop.write('logged', '#!/bin/sh\nexec ./desk-1 "$1" 2>>log\n')
        os.chmod(workshop.path('logged'), 0o755)
        self.port, self.client = workshop.start_server('./logged')
        self.until_there_are(1)

    def processes(self):
        """PIDs by role, of those that can be upgraded."""
        found = {}
        for line in self.workshop.run('ekiden-upgrade --json --list').splitlines():
            process = json.loads(line)
            found.setdefault(process['role'], set()).add(process['pid'])
        return found

    def until_there_are(self, workers):
        until(lambda: len(self.processes().get('worker', ())) == workers, f'there are not {workers} workers')

    def parent(self):
        pid, = self.processes()['main']
        return pid

    def run(self, command, named):
        """What stands on the terminal in the end, its processes named as the page names them."""
        output = '\n'.join(self.workshop.on_terminal(command))
        output = re.sub(r'\S*/work\b', WHERE, output)
        for role, pids in self.processes().items():
            pid, = pids
            output = re.sub(rf'\b{pid}\b', named[role], output)
        return output.split('\n')


def names_of(page):
    """The PIDs by role, as --list has them on the page."""
    lines = page.of('console', 'run')[0].lines
    return {role: pid for pid, role in re.findall(r'^desk +(\d+) +(\w+)', '\n'.join(lines), re.M)}


def sessions(page):
    """Runs all blocks of the page: for each, its lines as they should be, and the program."""
    with Workshop() as workshop:
        desk = Desk(workshop, page)
        for block in page.of('console', 'run'):
            lines = []
            for line in block.lines:
                if line.startswith('$ '):
                    lines += [line] + desk.run(line[2:], names_of(page))
            yield block, lines, desk
        desk.client.close()


class Trees(unittest.TestCase):
    maxDiff = None

    def test_its_program_is_upgraded_as_it_says(self):
        count = 0
        for block, lines, desk in sessions(Page(PAGE)):
            self.assertEqual(operators.shape(lines), operators.shape(block.lines))
            self.assertEqual(ask(desk.client, 'hello\n'), 'release 2: 1 lines')
            count += 1
        self.assertEqual(count, 1)

    def test_a_client_is_answered_across_upgrades_and_a_worker_that_ends_is_replaced_once(self):
        with Workshop() as workshop:
            desk = Desk(workshop, Page(PAGE))
            self.assertEqual(ask(desk.client, 'a\n'), 'release 1: 1 lines')
            before = desk.processes()
            for release in (2, 1, 2):
                workshop.run(f'ekiden-upgrade --quiet desk ./desk-{release}')
                self.assertEqual(desk.processes(), before)
            self.assertEqual(ask(desk.client, 'b\n'), 'release 2: 2 lines')
            worker, = before['worker']
            os.kill(worker, signal.SIGKILL)
            with connect(desk.port) as other:
                self.assertEqual(ask(other, 'c\n'), 'release 2: 1 lines')
                desk.until_there_are(1)
                after, = desk.processes()['worker']
                self.assertNotEqual(after, worker)
                self.assertEqual(parent_of(after), desk.parent())
            desk.client.close()

    def test_a_worker_ends_when_its_parent_has(self):
        for upgrades in (0, 1):
            with self.subTest(upgrades=upgrades), Workshop() as workshop:
                desk = Desk(workshop, Page(PAGE))
                for _ in range(upgrades):
                    workshop.run('ekiden-upgrade --quiet desk ./desk-2')
                self.assertEqual(ask(desk.client, 'a\n'), f'release {upgrades + 1}: 1 lines')
                os.kill(desk.parent(), signal.SIGKILL)
                self.assertEqual(desk.client.readline(), '')
                desk.client.close()

    def test_a_worker_whose_pid_is_not_kept_ends_for_its_parent_which_then_has_two(self):
        def lose(text):
            self.assertEqual(text.count(KEEPS), 1)
            return text.replace(KEEPS, '{.name = "worker"}')

        with Workshop() as workshop:
            desk = Desk(workshop, Page(PAGE), lose)
            before, = desk.processes()['worker']
            # The parent first: what an old one starts anew, the tool would upgrade as well, again and again.
            workshop.run('ekiden-upgrade --quiet desk ./desk-2')
            self.assertEqual(ask(desk.client, 'a\n'), 'release 2: 1 lines')
            desk.until_there_are(2)
            self.assertIn(f'worker {before} has ended (0);', workshop.read('log'))
            workers = desk.processes()['worker']
            self.assertNotIn(before, workers)
            self.assertEqual([parent_of(pid) == desk.parent() for pid in sorted(workers)].count(True), 1)
            desk.client.close()


def write():
    page = Page(PAGE)
    made = {block.number: lines for block, lines, _ in sessions(page)}
    page.write(made)


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        write()
    else:
        unittest.main()
