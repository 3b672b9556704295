# SPDX-License-Identifier: MIT
"""docs/hops.md: its hop is generated and compiled, and is shown as it is."""
import unittest

from page import Page
from workshop import Workshop


class Hops(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page = Page('docs/hops.md')

    def test_its_hop_compiles(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            scaffold = workshop.read('fleet_v1_to_v2.scaffold.c')
            prototype = 'int fleet_v1_to_v2_lorry(const Fleet__V1__Truck *old, Fleet__V2__Lorry *new_,'
            self.assertIn(prototype, scaffold)
            self.assertIn(prototype, self.page.of('c', 'fleet_v1_to_v2.c')[0].text)

    def test_a_forgotten_function_fails_the_link_by_its_name(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            for block in self.page.of('sh', 'run'):
                workshop.run(block.text)
            workshop.write('main.c', '#include "fleet_v1_to_v2.hop.h"\n'
                                     'int main(void) { return fleet_v1_to_v2.from->version != 1; }\n')
            link = 'cc -o fleet main.c fleet_v?.*.o fleet_v1_to_v2.hop.o {} $(pkg-config --cflags --libs ekiden)'
            workshop.run(link.format('fleet_v1_to_v2.o') + ' && ./fleet')
            with self.assertRaisesRegex(AssertionError, 'fleet_v1_to_v2_lorry'):
                workshop.run(link.format(''))

    def test_the_diff_is_shown_as_it_is_printed(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            block, = self.page.of('console', 'run')
            self.assertEqual(block.lines[0], '$ ekiden-schema diff fleet_v1.proto fleet_v2.proto')
            printed = workshop.run(block.lines[0][2:]).rstrip('\n').split('\n')
            self.assertEqual([line.rstrip() for line in printed], block.lines[1:])

    def test_the_way_back_is_generated(self):
        with Workshop() as workshop:
            workshop.write_files(self.page)
            workshop.run(self.page.of('sh', 'run')[0].text.replace('hop:', 'downgrade:'))
            self.assertIn('fleet_v2_to_v1_truck', workshop.read('fleet_v2_to_v1.hop.h'))


if __name__ == '__main__':
    unittest.main()
