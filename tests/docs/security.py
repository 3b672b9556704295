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
        for _, _, _, constant, file, _ in rows:
            name, value = re.fullmatch(r'`(\w+)` = `([^`]+)`', constant).groups()
            self.assertRegex(read(file.strip('`')),
                             rf'(?m)^#define {name} \(?{re.escape(value)}u?\)?(\s|$)')

    def test_its_figures_are_their_constants(self):
        for _, _, figure, constant, _, _ in self.page.table('Limits'):
            value = constant.split('` = `')[1].strip('`')
            value = re.sub(r'UINT32_C\((\d+)\)', r'\1', value)
            value = value.replace('(size_t)', '')
            value = eval(value.replace('EK_DESCRIPTORS_MAX', '253'), {})  # digits and operators
            unit = {'KiB': 1 << 10, 'MiB': 1 << 20}.get(figure.split()[-1], 1)
            number = 86400000 if figure == 'a day' else unit * int(re.sub(r'\D', '', figure) or -1)
            self.assertEqual(value, number, figure)

    def test_its_invariants_are_numbered(self):
        numbers = [int(number) for number in re.findall(r'^\| (\d+) \|', self.page.text, re.M)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertGreater(len(numbers), 10)

    def test_its_limits_are_numbered(self):
        numbers = [row[0] for row in self.page.table('Limits')]
        self.assertEqual(numbers, [f'L{number}' for number in range(1, len(numbers) + 1)])

    def test_each_invariant_and_each_limit_has_a_test_that_is_there(self):
        rows = [re.split(r'(?<!\\)\|', line)[1:-1] for line in self.page.prose
                if re.match(r'\| L?\d+ \|', line)]
        self.assertGreater(len(rows), 40)
        for row in rows:
            checks = row[-1]
            self.assertRegex(checks, r'^ `tests/', f'no test checks {row[0]}: {row[1]}')
            content = None
            for file, name in re.findall(r'`(tests/[\w/]+\.(?:c|py))`:|`(\w+)`', checks):
                if file:
                    content = read(file)
                else:
                    self.assertRegex(content, rf'(?m)^\w*Test\(\w+,\s+{name}\b|^    def {name}\(',
                                     f'{row[0]}: there is no test {name}')

    def test_its_files_are_there(self):
        for file in re.findall(r'`([a-z]+/[\w/.]+\.[ch])`', self.page.text):
            self.assertTrue(os.path.isfile(path(file)), file)


if __name__ == '__main__':
    unittest.main()
