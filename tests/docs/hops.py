# SPDX-License-Identifier: MIT
"""docs/hops.md: its examples are generated, compiled and linked, and it has every refusal."""
import os
import re
import unittest

from page import Page, path, read
from workshop import Workshop


def shape(sentence):
    """A sentence with all that stands for names and numbers left out."""
    sentence = re.sub(r'"[^"]*"', '""', sentence.replace('`', ''))
    sentence = re.sub(r'\b(version|value|field|reserved) (\d+|NUMBER)', r'\1 N', sentence)
    return re.sub(r'message (?:[A-Z]\w*)', 'message M', sentence)


class Hops(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/hops.md')

    def test_its_examples_compile_and_link(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            for row in self.page.table('Hops from two schemas'):
                for name in re.findall(r'`(kiosk[^`]*\.[ch])`', row[0]):
                    self.assertTrue(workshop.read(name))
            scaffold = workshop.read('kiosk_v1_to_v2.scaffold.c')
            functions = re.findall(r'^int (\w+)\(', scaffold, re.M)
            self.assertEqual(functions, ['kiosk_v1_to_v2_order'])

    def test_it_has_every_refusal_and_no_other(self):
        folder = path('tests/codegen/hops/bad')
        told = set()
        for name in os.listdir(folder):
            if name.endswith('.expected'):
                for line in read(f'tests/codegen/hops/bad/{name}').splitlines():
                    told.add(shape(line.split(': error: ', 1)[1]))
        listed = {shape(row[0].strip('`')) for row in self.page.table('What is refused')}
        self.assertEqual(listed, told)


if __name__ == '__main__':
    unittest.main()
