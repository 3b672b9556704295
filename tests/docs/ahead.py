# SPDX-License-Identifier: MIT
"""docs/ahead.md: its words are counted on through upgrades, and are sent ahead."""
import json
import unittest

from page import Page
from workshop import Workshop, ask

WORDS = 300  # the table doubles eight times


class Ahead(unittest.TestCase):
    def test_its_words_are_sent_ahead_and_counted_on(self):
        with Workshop() as workshop:
            page = Page('docs/ahead.md')
            workshop.write_files(page)
            for block in page.of('sh', 'run'):
                workshop.run(block.text)
            _, client = workshop.start_server('./words-v1')
            with client:
                for leg in range(1, 4):
                    for number in range(WORDS):
                        count = max(number + 1, WORDS if leg > 1 else 0)
                        self.assertEqual(ask(client, f'w{number}\n'),
                                         f'w{number}: {leg}, of {count} words')
                    said = workshop.run('ekiden-upgrade --json words ./words-v1')
                    done = json.loads(said.splitlines()[-1])
                    self.assertEqual(done['event'], 'committed', said)
                    self.assertEqual([(item['name'], item['records'] - item['rest'], item['reason'])
                                      for item in done['ahead']], [('words', WORDS, None)])


if __name__ == '__main__':
    unittest.main()
