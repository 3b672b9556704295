# SPDX-License-Identifier: MIT
"""docs/schema.md: its examples are generated and compiled, and it has every option and refusal."""
import re
import unittest

from page import Page, path, read
from sentences import pattern, sentences_of
from workshop import Workshop


class Schema(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/schema.md')

    def refusals(self):
        """The sentences of the page's tables."""
        found = []
        for heading in ('The file', 'Items and keys', 'Items that are sent ahead', 'Identities', 'Bindings',
                        'Fields and messages'):
            for row in self.page.table(heading):
                self.assertRegex(row[0], r'^`[^`]+`$')
                found.append(row[0].strip('`'))
        return found

    def test_its_examples_compile(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            header = workshop.read('depot_v1.ekiden.h')
        generated = ' '.join(row[1] for row in self.page.table('Writing a schema'))
        names = [name.split('(')[0].split()[-1] for name in re.findall(r'`(depot[^`]*|struct[^`]*)`', generated)]
        self.assertEqual(len(names), 4)
        for name in names:
            self.assertRegex(header, r'\b' + name + r'\b')

    def test_it_has_every_option(self):
        options = set()
        for extension, message in re.findall(r'^message (\w+)Options \{(.*?)^\}', read('idl/ekiden/options.proto'), re.M | re.S):
            extension = extension.lower().replace('enumvalue', 'value')
            for name in re.findall(r'^  (?:optional|repeated) \w+ (\w+) = ', message, re.M):
                options.add(f'`(ekiden.{extension}).{name}`')
        self.assertGreaterEqual(len(options), 6)
        self.assertEqual({row[0] for row in self.page.table('Options')}, options)

    def test_it_has_every_refusal(self):
        refusals = self.refusals()
        for sentence in sentences_of(path('codegen/src'), r'ek_problem\('):
            # The page's code spans cannot hold backquotes: it leaves those of the sentences out.
            expected = pattern(sentence.replace('`', ''))
            self.assertTrue(any(expected.fullmatch(refusal) for refusal in refusals), sentence)

    def test_it_has_no_other_refusals(self):
        patterns = [pattern(sentence.replace('`', ''))
                    for sentence in sentences_of(path('codegen/src'), r'ek_problem\(')]
        for refusal in self.refusals():
            self.assertTrue(any(p.fullmatch(refusal) for p in patterns), refusal)


if __name__ == '__main__':
    unittest.main()
