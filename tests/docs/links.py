# SPDX-License-Identifier: MIT
"""All pages: links lead somewhere, README's table has every page, and what is named is there."""
import os
import re
import unittest

from page import Page, path, pages, read


class Links(unittest.TestCase):
    def test_each_link_leads_somewhere(self):
        checked = 0
        for name in pages():
            page = Page(name)
            for text, target in page.links():
                if re.match(r'https?://', target):
                    continue
                file, _, fragment = target.partition('#')
                leads = os.path.normpath(os.path.join(page.folder, file)) if file else name
                with self.subTest(page=name, link=target):
                    self.assertTrue(os.path.exists(path(leads)), f'[{text}] leads nowhere')
                    if fragment:
                        self.assertIn(fragment, Page(leads).anchors())
                checked += 1
        self.assertGreater(checked, 40)

    def test_the_readme_leads_to_every_page(self):
        targets = {target.partition('#')[0] for _, target in Page('README.md').links()}
        for folder in ('docs', 'docs/man'):
            for name in os.listdir(path(folder)):
                if re.search(r'\.(md|[1-8])$', name):
                    self.assertIn(f'{folder}/{name}', targets)

    def test_each_public_function_that_is_named_is_exported(self):
        exported = set(re.findall(r'ekiden_\w+(?=;)', read('runtime/libekiden.map')))
        exported |= {'ekiden_update_point', 'ekiden_is_wanted'}
        exported |= set(re.findall(r'^int (ekiden_systemd_\w+)\(',
                                   read('runtime/systemd/include/ekiden/systemd.h'), re.M))
        for name in pages():
            for function in re.findall(r'\b(ekiden_[a-z0-9_]+)\(', Page(name).text):
                with self.subTest(page=name, function=function):
                    self.assertIn(function, exported)

    def test_each_file_that_is_named_is_there(self):
        """Paths from the top of the tree, such as samples/demo/processes.c, or from the page's folder."""
        folders = 'idl|codegen|transformers|runtime|tools|samples|tests'
        for name in pages():
            page = Page(name)
            for span in page.spans():
                if re.fullmatch(rf'({folders})/[\w./-]+', span):
                    with self.subTest(page=name, file=span):
                        self.assertTrue(os.path.exists(path(span)) or
                                        os.path.exists(path(os.path.join(page.folder, span))))


if __name__ == '__main__':
    unittest.main()
