# SPDX-License-Identifier: MIT
"""docs/threads.md cites what is there, and its sentences are the code's; what the sample's README shows can
be done as it stands there."""
import os
import re
import socket
import subprocess
import tempfile
import unittest

from page import Page, path, read
from sentences import pattern, sentences_of

BUILD = os.environ['EKIDEN_BUILD']
SECONDS = 60


class Threads(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/threads.md')

    def test_what_it_cites_is_in_the_samples(self):
        cited = self.page.of('c', 'from')
        self.assertGreater(len(cited), 0)
        for block in cited:
            self.assertIn(block.text, read(block.words[1]))

    def test_its_sentences_are_those_of_the_code(self):
        patterns = [pattern(sentence) for sentence in sentences_of(path('runtime/src'))
                    if len(re.sub(r'%\S', '', sentence)) >= 10]
        sentences = [line for block in self.page.of('text') for line in block.lines]
        self.assertEqual(len(sentences), 2)
        for sentence in sentences:
            self.assertTrue(any(p.fullmatch(sentence) for p in patterns), sentence)


class Transcript(unittest.TestCase):
    """Two columns: the operator's to the left, a client's to the right; what begins with no $ to the left, and
    what is an answer to the right, must come as it stands there, but for numbers that depend on time."""

    def lines(self):
        text = read('samples/workers/README.md')
        shown = re.search(r'## Try it\n\n(.*?)\n\n', text, re.S).group(1)
        return [[half.strip() for half in line.split('|')] for line in shown.split('\n')]

    def run_tool(self, command):
        return subprocess.run(command, env=self.environment, timeout=SECONDS, check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def binary(self, name):
        return os.path.join(BUILD, 'samples/workers', name)

    def operate(self, command):
        words = command[2:].split()
        if words[0].startswith('workers-'):
            server = subprocess.Popen([self.binary(words[0]), '0'], env=self.environment, text=True,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.addCleanup(server.stdout.close)
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            self.printed = server.stdout.readline()
            self.port = int(self.printed.rsplit(':', 1)[1])
            return
        words = [os.path.join(BUILD, 'tools/ekiden-upgrade') if word == 'ekiden-upgrade' else
                 self.binary(word[2:]) if word.startswith('./') else word for word in words]
        self.status = self.run_tool(words)

    def end(self):
        listed = self.run_tool([os.path.join(BUILD, 'tools/ekiden-upgrade'), '--status', 'workers'])
        os.kill(int(re.search(r'\(pid (\d+)\)', listed).group(1)), 9)

    def test_the_readme_of_the_workers_can_be_followed(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': directory.name}
        answers = 0
        for left, right in self.lines():
            if left.startswith('$'):
                self.operate(left)
            elif left:
                self.assertEqual(re.sub(r'\d+$', 'N', left), re.sub(r'\d+\s*$', 'N', self.printed))
            if right.startswith('$'):
                self.addCleanup(self.end)
                peer = socket.create_connection(('127.0.0.1', self.port), timeout=SECONDS)
                self.addCleanup(peer.close)
                replies = peer.makefile('r', encoding='ascii')
                self.addCleanup(replies.close)
            elif re.match(r'#|that|v\d', right):
                said = replies.readline().strip()
                self.assertEqual(re.sub(r'at \d+|worker-\d', 'N', said), re.sub(r'at \d+|worker-\d', 'N', right))
                answers += 1
            elif right:
                peer.sendall(right.encode() + b'\n')
        self.assertEqual(answers, 5)
        self.assertRegex(self.status, r'threads +NAME')
        self.assertRegex(self.status, r'worker-1 +(runs|stands)')


if __name__ == '__main__':
    unittest.main()
