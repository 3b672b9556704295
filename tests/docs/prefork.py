#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""samples/prefork/README.md: its sessions are what the tools say, and its code is the sample's.
With --write the page gets its sessions anew."""
import os
import re
import shutil
import sys
import time
import unittest

import operators
from page import Page, read
from workshop import Workshop, ask, connect

PAGE = 'samples/prefork/README.md'
WHERE = '/srv/prefork'  # what the page calls the folder that the commands ran in


def shape(lines):
    """The size of a record hangs on the PIDs in it."""
    return [re.sub(r'\d+ B\b', 'N B', line) for line in operators.shape(lines)]


def pids_of(lines):
    """The master and its workers, as --list has them."""
    return [line.split()[1] for line in lines if line.startswith('prefork ')]


class Scene:
    """The first release with two workers and a client at each, and the second one beside it."""

    def __init__(self, workshop, page):
        self.workshop = workshop
        for release in ('v1', 'v2'):
            shutil.copy(os.path.join(os.environ['EKIDEN_BUILD'], 'samples/prefork/prefork-' + release),
                        workshop.path('prefork-' + release))
        self.port, self.client = workshop.start_server('./prefork-v1', '2')
        self.lines = 0
        self.connect_to_the_other()
        self.until(lambda: len(os.listdir(workshop.env['EKIDEN_RUNTIME_DIR'])) == 3)
        self.now = pids_of(self.list())
        self.then = pids_of(page.of('console', 'run')[0].lines)

    def list(self):
        return self.workshop.run('ekiden-upgrade --list').splitlines()

    @staticmethod
    def until(condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError('it does not come about')

    def ask(self, line):
        self.lines += 1
        return ask(self.client, line + '\n')

    def connect_to_the_other(self):
        """Which worker takes a client is left to chance."""
        worker = self.ask('who').split(':')[0]
        for _ in range(1000):
            self.second = connect(self.port)
            if ask(self.second, 'who\n').split(':')[0] != worker:
                return
            self.second.close()
            self.ask('who')  # whoever answers has seen that the other is gone
        raise AssertionError('all clients are at one worker')

    def run(self, command):
        """What stands on the terminal in the end. Processes are named as the page does."""
        for then, now in zip(self.then, self.now):
            command = re.sub(rf'\b{then}\b', now, command)
        output = re.sub(r'\S*/work\b', WHERE, '\n'.join(self.workshop.on_terminal(command)))
        for then, now in zip(self.then, self.now):
            output = re.sub(rf'\b{now}\b', then, output)
        return output.split('\n') if output else []


def sessions(page):
    """Runs all blocks of the page: for each, its lines as they should be, and the scene."""
    with Workshop() as workshop:
        scene = Scene(workshop, page)
        for block in page.of('console', 'run'):
            lines = []
            for line in block.lines:
                if line.startswith('$ '):
                    lines += [line] + scene.run(line[2:])
            yield block, lines, scene
        scene.client.close()
        scene.second.close()


class Prefork(unittest.TestCase):
    maxDiff = None

    def test_its_sessions_are_what_the_tools_say(self):
        page = Page(PAGE)
        count = 0
        for block, lines, scene in sessions(page):
            with self.subTest(line=block.number):
                self.assertEqual(shape(lines), shape(block.lines))
            count += 1
            answer = scene.ask('hello')
            self.assertRegex(answer, rf'^v\d worker [12]: {scene.lines} of yours')
            self.assertEqual(pids_of(scene.list()), scene.now)
        self.assertEqual(answer[:2], 'v2')
        self.assertGreater(count, 1)

    def test_its_code_is_the_samples(self):
        for block in Page(PAGE).of('c', 'from'):
            source = read(block.words[1]).splitlines()
            at = 0
            for line in block.lines:
                self.assertIn(line, source[at:], block.words[1])
                at += source[at:].index(line) + 1


def write():
    page = Page(PAGE)
    made = {block.number: lines for block, lines, _ in sessions(page)}
    page.write(made)


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        write()
    else:
        unittest.main()
