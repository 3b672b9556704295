# SPDX-License-Identifier: MIT
"""docs/ahead.md: its words are counted on through upgrades, and are sent ahead."""
import itertools
import json
import unittest

from page import Page
from workshop import Workshop, ask

WORDS = 300  # the table doubles eight times
CROWD = 100  # more than scan() has room for
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
            page = Page('docs/ahead.md')
            workshop.write_files(page)
            for block in page.of('sh', 'run'):
                workshop.run(block.text)
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

    def _upgrade(self, workshop, count):
        said = workshop.run('ekiden-upgrade --json words ./words-v1')
        done = json.loads(said.splitlines()[-1])
        self.assertEqual(done['event'], 'committed', said)
        self.assertEqual([(item['name'], item['records'] - item['rest'], item['reason'])
                          for item in done['ahead']], [('words', count, None)])


if __name__ == '__main__':
    unittest.main()
