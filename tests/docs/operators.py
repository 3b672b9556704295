#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/operators.md: its sessions are what the tools say. With --write the page gets them anew.

As a test it compares all but figures: durations, process IDs, dates and sizes of memory differ from run to
run.
"""
import json
import os
import re
import shutil
import socket
import sys
import time
import unittest

from page import Page, path, read
from sentences import sentences_of
from workshop import Workshop, say

PAGE = 'docs/operators.md'
RELEASES = ('v1', 'v2', 'v3', 'v4')
WHERE = '/srv/registry'  # what the page calls the folder that the commands ran in

FIGURES = re.compile(
    r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d:\d\d:\d\d|'
    r'[\d.,]+ (?:ns|µs|us|ms|s|KiB|MiB)\b|(?<=pid )\d+|(?<=process )\d+|\b\d{3,}\b(?= |$)')
BAR = re.compile(r'\[[#= .>-]*\]|[━─█▏▎▍▌▋▊▉░]+')


POINT = re.compile(r'(?<=loop) +\d+ +(?:now|N)(?: +\d+ +\d+)?$')  # counts of its passes


def shape(lines):
    """What does not differ from run to run; tables may be wider or narrower."""
    lines = [BAR.sub('B', FIGURES.sub('N', line)).rstrip() for line in lines]
    return [re.sub(r'[ \t]+', ' ', POINT.sub(' N', line)).strip() for line in lines]


class Scene:
    """The registry at version 2 with three clients, and the releases beside it."""

    def __init__(self, workshop):
        self.workshop = workshop
        os.chmod(workshop.work, 0o755)
        for release in RELEASES:
            shutil.copy(os.path.join(os.environ['EKIDEN_BUILD'], 'samples/registry/registry-' + release),
                        workshop.path('registry-' + release))
        self.script('registry-slow', 'sleep 20')
        self.script('registry-broken', 'echo "registry-broken: cannot open registry.conf" >&2; exit 1')
        port, first = workshop.start_server('./registry-v2')
        self.clients = [first] + [self.connect(port) for _ in range(2)]
        for number, client in enumerate(self.clients):
            client.readline()
            say(client, f'service host{number}.example 80{number}\n')
            client.readline()

    def script(self, name, text):
        self.workshop.write(name, f'#!/bin/sh\n{text}\n')
        os.chmod(self.workshop.path(name), 0o755)

    @staticmethod
    def connect(port):
        return socket.create_connection(('127.0.0.1', port), timeout=20).makefile('rw', newline='\n')

    def family(self):
        """A program of four processes, whose new version is refused in one of their roles."""
        for version in ('v1', 'v2'):
            shutil.copy(os.path.join(os.environ['EKIDEN_BUILD'], 'tests/tree/family-' + version),
                        self.workshop.path('family-' + version))
        self.workshop.start('./family-v1', 'socket', 'fault=refuse@helper')
        for number, role in enumerate(('worker', 'worker', 'helper')):
            self.ask(0, 'bear ' + role)
            self.ask(number + 1, 'ask')

    def ask(self, number, question):
        for _ in range(1000):
            with socket.socket(socket.AF_UNIX) as talk:
                if talk.connect_ex(self.workshop.path(f'socket.{number}')) == 0:
                    talk.settimeout(20)
                    talk.sendall(question.encode())
                    return talk.recv(100)
            time.sleep(0.01)
        raise AssertionError(f'process {number} of the family does not listen')

    def leave(self):
        """A client leaves, and the registry has noticed it."""
        say(self.clients[2], 'leave\n')
        self.clients[2].readline()

    def run(self, command):
        """What stands on the terminal in the end. A command in the background has begun its upgrade."""
        if command.endswith('&'):
            self.workshop.start('sh', '-c', command[:-1] + ' 2>/dev/null')
            self.until_under_way()
            return []
        lines = self.workshop.on_terminal(command)
        return [line.replace(self.workshop.work, WHERE) for line in lines]

    def until_under_way(self):
        for _ in range(200):
            status = self.workshop.run('ekiden-upgrade --status --json registry')
            if json.loads(status)['upgrade_phase']:
                return
            time.sleep(0.05)
        raise AssertionError('no upgrade is under way')

    def close(self):
        for client in self.clients:
            client.close()


def sessions(page):
    """Runs all blocks of the page: for each, its lines as they should be."""
    with Workshop() as workshop:
        scene = Scene(workshop)
        try:
            for block in page.of('console', 'run'):
                for word in ('leave', 'family'):
                    if word in block.words:
                        getattr(scene, word)()
                lines = []
                for line in block.lines:
                    if line.startswith('$ '):
                        lines += [line] + scene.run(line[2:])
                yield block, lines
        finally:
            scene.close()


class Operators(unittest.TestCase):
    maxDiff = None

    def test_its_sessions_are_what_the_tools_say(self):
        count = 0
        for block, lines in sessions(Page(PAGE)):
            with self.subTest(line=block.number):
                self.assertEqual(shape(lines), shape(block.lines))
            count += 1
        self.assertGreater(count, 10)

    def test_the_messages_that_it_explains_are_said(self):
        said = [sentence for folder in ('tools/src', 'runtime/src') for sentence in sentences_of(path(folder))]
        explained = [span for heading in ('When something is wrong', 'Who serves')
                     for row in Page(PAGE).table(heading) for span in re.findall('`([^`]+)`', row[0])
                     if not span.startswith('-')]
        self.assertGreater(len(explained), 9)
        for message in explained:
            wanted = re.compile('.*'.join(re.escape(part.strip()) for part in message.split('…')))
            self.assertTrue(any(map(wanted.search, said)), message)

    def test_its_phases_are_those_of_an_upgrade(self):
        phases = re.findall(r'X\(\w+, \d, "(\w+)"\)', read('transformers/include/ekiden/error.h'))
        rows = Page(PAGE).table('While it is under way')
        self.assertEqual([phase for row in rows for phase in row[0].split(', ')], phases)

    def test_every_command_is_there(self):
        text = ''.join(block.text for block in Page(PAGE).of('console', 'run'))
        manual = read('docs/man/ekiden-upgrade.1')
        for option in re.findall(r'^\.It Fl -([a-z-]+)', manual, re.M):
            if option not in ('help', 'usage', 'version'):
                self.assertIn('--' + option, text)
        for option in ('--item', '--key', '--for', '--json', 'diff'):
            self.assertRegex(text, r'ekiden-inspect [^\n]*' + option)


def write():
    page = Page(PAGE)
    made = {block.number: lines for block, lines in sessions(page)}
    page.write(made)


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        write()
    else:
        unittest.main()
