# SPDX-License-Identifier: MIT
"""docs/errors.md: its table is the header's, and its examples are sentences that the code can say."""
import re
import unittest

from page import Page, path, read
from sentences import pattern, sentences_of

CODE = re.compile(r'X\((E\w+), -\d+, (\d+), "([^"]*)"\)')


class Errors(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/errors.md')
        self.codes = CODE.findall(read('transformers/include/ekiden/error.h'))
        self.assertGreater(len(self.codes), 20)

    def examples(self, name):
        return [line for block in self.page.blocks_below(name) for line in block.lines]

    def test_its_table_is_the_headers(self):
        table = [(re.match(r'\[EKIDEN_(\w+)\]', row[0]).group(1), row[1], row[2])
                 for row in self.page.table('Errors')]
        self.assertEqual(table, self.codes)

    def test_each_code_has_a_section(self):
        for name, _, _ in self.codes:
            section = '\n'.join(self.page.section('EKIDEN_' + name))
            self.assertIn('- **When**: ', section, name)
            self.assertIn('- **Next**: ', section, name)
            self.assertTrue(self.examples('EKIDEN_' + name), name)

    def test_what_it_says_of_a_field_is_said_of_fields(self):
        """The sentence there is put together of parts, and its end could be anything."""
        said = [end for name, _, _ in self.codes for example in self.examples('EKIDEN_' + name)
                for end in re.findall(r': field "\w+" (.+)', example)]
        self.assertGreater(len(said), 1)
        for end in said:
            self.assertIn(f'"{end}"', read('transformers/src/record.c'))

    def test_each_example_is_a_sentence_of_the_code(self):
        patterns = []
        for folder in ('runtime/src', 'transformers/src', 'tools/src', 'samples'):
            patterns += [pattern(sentence) for sentence in sentences_of(path(folder))
                         if len(re.sub(r'%\S', '', sentence)) >= 10]
        for name, _, _ in self.codes:
            for example in self.examples('EKIDEN_' + name):
                # A program's own words stand behind the number of the record.
                words = re.sub(r'^record \d+: ', '', example)
                self.assertTrue(any(p.fullmatch(example) or p.fullmatch(words) for p in patterns),
                                example)


if __name__ == '__main__':
    unittest.main()
