# SPDX-License-Identifier: MIT
"""docs/one-upgrade.md: every file and function that it names is there, its deadlines are the code's."""
import os
import re
import unittest

from page import Page, path, read

FILE = re.compile(r'[a-z]+/[\w/.-]+\.(?:c|h|proto)')
FUNCTION = re.compile(r'(\w+)\(\)')


class OneUpgrade(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/one-upgrade.md')

    def test_its_files_are_there(self):
        files = [span for span in self.page.spans() if FILE.fullmatch(span)]
        self.assertGreater(len(files), 20)
        for file in files:
            self.assertTrue(os.path.isfile(path(file)), file)

    def test_its_functions_are_in_their_files(self):
        """A function belongs to the file named before it in the same line or paragraph."""
        checked = 0
        for part in re.split(r'\n\n|\n(?=\|)', self.page.text):
            file = None
            for span in re.findall(r'`([^`]+)`', part):
                function = FUNCTION.fullmatch(span)
                if FILE.fullmatch(span):
                    file = span
                elif function and file and not function.group(1).startswith(('ekiden_', '_')):
                    self.assertRegex(read(file), r'(?m)^[^\s/#].*\b' + function.group(1) + r'\(',
                                     f'{file} does not define it')
                    checked += 1
        self.assertGreater(checked, 40)

    def test_its_public_functions_are_exported(self):
        exported = read('runtime/libekiden.map') + read('runtime/include/ekiden/update_point.h')
        for span in self.page.spans():
            if span.startswith('ekiden_') and FUNCTION.fullmatch(span):
                self.assertIn(span[:-2], exported)

    def test_its_deadlines_are_the_codes(self):
        code = dict(re.findall(r'\[EKIDEN_PHASE_(\w+)\] = (\d+)',
                               read('runtime/src/handover/deadlines.h')))
        self.assertEqual({row[0]: row[1] for row in self.page.table('Deadlines')}, code)

    def test_it_has_the_eight_steps_in_order(self):
        phases = re.findall(r'X\(\w+, (\d), "(\w+)"\)', read('transformers/include/ekiden/error.h'))
        headings = re.findall(r'^## (\d)\. (\w+)$', self.page.text, re.M)
        self.assertEqual([(n, word.lower()) for n, word in headings], phases)


if __name__ == '__main__':
    unittest.main()
