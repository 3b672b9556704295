# SPDX-License-Identifier: MIT
"""docs/ahead.md: its words are counted on through upgrades, and are sent ahead."""
import itertools
import json
import threading
import unittest

from page import Page
from workshop import Workshop, ask

WORDS = 300  # the table doubles eight times
CROWD = 100  # more than scan() has room for
CALL = '        words_v1_touch_words(text);\n'
ATTEMPTS = 3  # rehearsals: each leaves a second for words to be said
CROWDED_BITS = 0x1ff  # of a hash: a table of all these words has 512 buckets


def hash_of(text):
    """As the page has it."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value ^ value >> 32


def crowd():
    """Words that share a bucket."""
    words = (f'w{number}' for number in itertools.count(WORDS))
    return list(itertools.islice((word for word in words if hash_of(word) & CROWDED_BITS == 7), CROWD))


class Ahead(unittest.TestCase):
    def test_its_words_are_sent_ahead_and_counted_on(self):
        with Workshop() as workshop:
            self._build(workshop)
            _, client = workshop.start_server('./words-v1')
            with client:
                words = [f'w{number}' for number in range(WORDS)]
                for leg in range(1, 4):
                    for number, word in enumerate(words):
                        count = max(number + 1, len(words) if leg > 1 else 0)
                        self.assertEqual(ask(client, f'{word}\n'), f'{word}: {leg}, of {count} words')
                    self._upgrade(workshop, len(words))
                words = crowd()
                for leg in range(1, 3):
                    for number, word in enumerate(words):
                        count = WORDS + (number + 1 if leg == 1 else CROWD)
                        self.assertEqual(ask(client, f'{word}\n'), f'{word}: {leg}, of {count} words')
                    self._upgrade(workshop, WORDS + CROWD)

    def test_a_call_that_is_missing_is_found_by_a_rehearsal(self):
        for leave_out, outcome in ((False, 'rehearsed'), (True, 'failed')):
            with self.subTest(leave_out=leave_out), Workshop() as workshop:
                self._build(workshop, leave_out)
                _, client = workshop.start_server('./words-v1')
                with client:
                    done = self._rehearse_under_load(workshop, client)
                self.assertEqual(done['event'], outcome, done)
                if leave_out:
                    self.assertRegex(done['sentence'],
                                     r'^record \d+ \(text "w\d+"\) is not what the predecessor has: field "count" '
                                     r'has another value; see that the old version tells of each change to it, by its '
                                     r'touch function')

    def _build(self, workshop, leave_out=False):
        page = Page('docs/ahead.md')
        workshop.write_files(page)
        if leave_out:
            program = workshop.read('words_v1.c')
            self.assertEqual(program.count(CALL), 1)
            workshop.write('words_v1.c', program.replace(CALL, ''))
        for block in page.of('sh', 'run'):
            workshop.run(block.text)

    def _rehearse_under_load(self, workshop, client):
        """What the last of some rehearsals said, or the first that failed, while words are counted."""
        for number in range(WORDS):
            ask(client, f'w{number}\n')
        for _ in range(ATTEMPTS):
            said = []
            tool = threading.Thread(target=lambda: said.append(workshop.run(
                'ekiden-upgrade --json --rehearse --verify words ./words-v1 || true')))
            tool.start()
            for number in itertools.cycle(range(WORDS)):
                if not tool.is_alive():
                    break
                ask(client, f'w{number}\n')
            tool.join()
            done = json.loads(said[0].splitlines()[-1])
            if done['event'] == 'failed':
                break
        return done

    def _upgrade(self, workshop, count):
        said = workshop.run('ekiden-upgrade --json words ./words-v1')
        done = json.loads(said.splitlines()[-1])
        self.assertEqual(done['event'], 'committed', said)
        self.assertEqual([(item['name'], item['records'] - item['rest'], item['reason'])
                          for item in done['ahead']], [('words', count, None)])


if __name__ == '__main__':
    unittest.main()
