# SPDX-License-Identifier: MIT
"""docs/sandboxes.md: its system calls are those that the test's sandbox lets through."""
import re
import unittest

from page import Page, read


class Sandboxes(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/sandboxes.md')

    def calls_of(self, whom):
        text = re.search(rf'#define SANDBOX_CALLS_OF_{whom}\(X\)((?:.*\\\n)*.*)',
                         read('tests/sandbox/program/calls.h')).group(1)
        return re.findall(r'X\((\w+)\)', text)

    def test_its_system_calls_are_those_that_the_sandbox_lets_through(self):
        listed = [row[0].strip('`') for row in self.page.table('What the predecessor needs')]
        self.assertGreater(len(listed), 20)
        self.assertEqual(listed, self.calls_of('EKIDEN'))

    def test_each_is_listed_once_in_order(self):
        calls = self.calls_of('EKIDEN')
        self.assertEqual(calls, sorted(set(calls)))
        for others in ('THE_SERVER', 'THE_UNPREPARED'):
            self.assertFalse(set(calls) & set(self.calls_of(others)), others)

    def test_each_has_its_reason(self):
        for call, reason in self.page.table('What the predecessor needs'):
            self.assertTrue(reason, call)

    def test_its_variable_is_the_codes(self):
        self.assertIn('#define EK_PREDECESSOR_VARIABLE "EKIDEN_PREDECESSOR"',
                      read('runtime/src/entry/find_predecessor.h'))
        self.assertIn('EKIDEN_PREDECESSOR=', self.page.blocks[1].text)


if __name__ == '__main__':
    unittest.main()
