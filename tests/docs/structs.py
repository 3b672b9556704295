# SPDX-License-Identifier: MIT
"""docs/structs.md: its shelf is built, and keeps its books, their order and who wrote them."""
import unittest

from page import Page, read
from workshop import Workshop, ask


class Structs(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/structs.md')

    def build(self, workshop):
        workshop.write_files(self.page)
        for block in self.page.of('sh', 'run'):
            workshop.run(block.text)

    def test_its_shelf_keeps_order_and_authors(self):
        with Workshop() as workshop:
            self.build(workshop)
            _, client = workshop.start_server('./shelf-v1')
            with client:
                self.assertEqual(ask(client, 'Emma\n'), 'Emma, 1900')
                self.assertEqual(ask(client, 'Persuasion\n'), 'Persuasion, Emma, 1900')
                for _ in range(2):
                    workshop.run('ekiden-upgrade --quiet shelf ./shelf-v1')
                self.assertEqual(ask(client, 'Sanditon\n'), 'Sanditon, Persuasion, Emma, 1900')

    def test_a_forgotten_member_is_a_compile_error_that_names_the_struct(self):
        with Workshop() as workshop:
            self.build(workshop)
            header = workshop.read('shelf.h')
            self.assertIn('char title[40];', header)
            workshop.write('shelf.h', header.replace('char title[40];', 'char title[40]; long pages;'))
            with self.assertRaisesRegex(AssertionError, 'struct book has a member behind'):
                self.build_again(workshop)

    def build_again(self, workshop):
        compile_line = self.page.of('sh', 'run')[0].lines[-1]
        self.assertRegex(compile_line, '^cc ')
        workshop.run(compile_line)

    def test_it_names_every_option_of_a_binding(self):
        text = read('idl/ekiden/options.proto')
        for name in ('c_struct', 'c_include', 'ignore', 'c_new', 'c_free', 'c_alloc', 'c_member', 'zt', 'length', 'capacity',
                     'flexible', 'bits', 'function', 'c_case', 'c_discriminator', 'c_none', 'c_constant',
                     'identity', 'reference'):
            self.assertRegex(text, rf'(optional|repeated) \w+ {name} = ')
            self.assertIn(name, read('docs/structs.md'))

    def test_what_it_cites_is_in_the_samples(self):
        cited = self.page.of('c', 'from')
        self.assertGreater(len(cited), 0)
        for block in cited:
            self.assertIn(block.text, read(block.words[1]))


if __name__ == '__main__':
    unittest.main()
