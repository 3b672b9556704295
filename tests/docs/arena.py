# SPDX-License-Identifier: MIT
"""docs/arena.md: its scroll is built, and grows through upgrades; and its pages are sent ahead."""
import json
import re
import unittest

from page import Page, read
from workshop import Workshop, ask


PAGES = 100


class Arena(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/arena.md')

    def _build(self, workshop):
        workshop.write_files(self.page)
        for block in self.page.of('sh', 'run'):
            workshop.run(block.text)

    def test_its_scroll_grows_through_upgrades(self):
        with Workshop() as workshop:
            self._build(workshop)
            _, client = workshop.start_server('./scroll-v1')
            with client:
                self.assertEqual(ask(client, 'once upon a time\n'), '17 bytes, from once ')
                for leg in range(3):
                    workshop.run('ekiden-upgrade --quiet scroll ./scroll-v1')
                    self.assertEqual(ask(client, 'there was\n'), f'{27 + 10 * leg} bytes, from once ')

    def test_its_pages_are_sent_ahead(self):
        with Workshop() as workshop:
            self._build(workshop)
            _, client = workshop.start_server('./pages-v1')
            with client:
                for number in range(PAGES):
                    self.assertEqual(ask(client, f'put {number} page {number}\n'), f'{number}: page {number}')
                for leg in range(3):
                    for options in ('--rehearse --verify', '--verify', ''):
                        said = workshop.run(f'ekiden-upgrade --json {options} pages ./pages-v1')
                        done = json.loads(said.splitlines()[-1])
                        self.assertEqual([(item['name'], item['reason']) for item in done['ahead']],
                                         [('pages', None)])
                    self.assertEqual(ask(client, f'put {leg} leg {leg}\n'), f'{leg}: leg {leg}')
                    self.assertEqual(ask(client, f'drop {leg + 10}\n'), f'{leg + 10}: nothing')
                for number in range(PAGES):
                    text = f'leg {number}' if number < 3 else 'nothing' if 10 <= number < 13 else f'page {number}'
                    self.assertEqual(ask(client, f'get {number}\n'), f'{number}: {text}')

    def test_what_a_block_costs_is_what_it_says(self):
        layout = read('runtime/src/arena/layout.h')
        self.assertIn('sizeof(struct ek_block) == 32', layout)
        self.assertRegex(layout, r'sizeof\(struct ek_prefix\) == EK_BLOCK_GRANULE')
        self.assertRegex(layout, r'EK_BLOCK_GRANULE \(\(size_t\)16\)')
        for text in (self.page.text, read('runtime/include/ekiden/arena.h')):
            self.assertRegex(re.sub(r'[\s*]+', ' ', text), r'costs 48 bytes')


if __name__ == '__main__':
    unittest.main()
