# SPDX-License-Identifier: MIT
"""docs/security.md: its limits are the code's, its files are there, its invariants are numbered."""
import os
import re
import unittest

from page import Page, path, read


class Security(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/security.md')

    def test_its_limits_are_the_codes(self):
        rows = self.page.table('Limits')
        self.assertGreater(len(rows), 8)
        for _, _, constant, file in rows:
            name, value = re.fullmatch(r'`(\w+)` = `([^`]+)`', constant).groups()
            self.assertRegex(read(file.strip('`')),
                             rf'(?m)^#define {name} \(?{re.escape(value)}u?\)?(\s|$)')

    def test_its_figures_are_their_constants(self):
        for _, figure, constant, _ in self.page.table('Limits'):
            value = constant.split('` = `')[1].strip('`')
            value = re.sub(r'UINT32_C\((\d+)\)', r'\1', value)
            value = eval(value.replace('EK_DESCRIPTORS_MAX', '253'), {})  # digits and operators
            unit = {'KiB': 1 << 10, 'MiB': 1 << 20}.get(figure.split()[-1], 1)
            number = 86400000 if figure == 'a day' else unit * int(re.sub(r'\D', '', figure) or -1)
            self.assertEqual(value, number, figure)

    def test_its_invariants_are_numbered(self):
        numbers = [int(number) for number in re.findall(r'^\| (\d+) \|', self.page.text, re.M)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertGreater(len(numbers), 10)

    def test_its_files_are_there(self):
        for file in re.findall(r'`([a-z]+/[\w/.]+\.[ch])`', self.page.text):
            self.assertTrue(os.path.isfile(path(file)), file)


if __name__ == '__main__':
    unittest.main()
