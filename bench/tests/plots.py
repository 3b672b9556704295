# SPDX-License-Identifier: MIT
"""The tables and plots say what the results say.

    plots.py FOLDER-OF-THE-SCRIPTS
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import sample

SVG = '{http://www.w3.org/2000/svg}'


class Plots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.results = sample.results()

    def draw(self, results, page=None):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.json')
            with open(path, 'w', encoding='utf-8') as file:
                json.dump(results, file)
            command = [sys.executable, '-B', os.path.join(SCRIPTS, 'plots.py'), path, folder]
            if page is not None:
                with open(os.path.join(folder, 'page.md'), 'w', encoding='utf-8') as file:
                    file.write(page)
                command.append(os.path.join(folder, 'page.md'))
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
            drawn = {}
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), encoding='utf-8') as file:
                    drawn[name] = file.read()
            return drawn

    def test_each_plot_is_well_formed_and_within_its_frame(self):
        drawn = {name: text for name, text in self.draw(self.results).items() if name.endswith('.svg')}
        self.assertEqual(len(drawn), 3)
        for name, text in drawn.items():
            with self.subTest(plot=name):
                root = ElementTree.fromstring(text)
                self.assertEqual(root.tag, SVG + 'svg')
                _, _, width, height = map(float, root.get('viewBox').split())
                places = [(float(x), float(y)) for path in root.iter(SVG + 'path')
                          if path.get('class') == 'line'
                          for x, y in re.findall(r'[ML]([\d.-]+) ([\d.-]+)', path.get('d'))]
                places += [(float(rect.get('x')) + float(rect.get('width')), float(rect.get('y')))
                           for rect in root.iter(SVG + 'rect')]
                self.assertTrue(places)
                for x, y in places:
                    self.assertTrue(0 <= x <= width and 0 <= y <= height, f'{x}, {y}')

    def test_a_pause_that_is_ten_times_as_long_is_a_step_of_the_axis_higher(self):
        def heights(results):
            root = ElementTree.fromstring(self.draw(results)['pause-against-size.svg'])
            return [float(circle.get('cy')) for circle in root.iter(SVG + 'circle')]

        before = heights(self.results)
        changed = copy.deepcopy(self.results)
        changed['ahead']['sizes'][1]['pause']['upgrade']['pause_us'] *= 10
        after = heights(changed)
        moved = [(one, other) for one, other in zip(before, after) if one != other]
        self.assertEqual(len(moved), 1)
        self.assertGreater(moved[0][0] - moved[0][1], 40)

    def test_a_gap_in_which_nobody_got_an_answer_is_no_line(self):
        def strokes(results):
            root = ElementTree.fromstring(self.draw(results)['latency-over-time.svg'])
            return sum(path.get('d').count('M') for path in root.iter(SVG + 'path')
                       if path.get('class') == 'line')

        changed = copy.deepcopy(self.results)
        largest = changed['ahead']['sizes'][-1]['ahead']['clients']['timeline']
        largest[50]['largest_us'] = None
        self.assertEqual(strokes(changed), strokes(self.results) + 1)

    def test_the_same_is_drawn_from_what_is_kept_beside_the_plots(self):
        drawn = self.draw(self.results)
        kept = json.loads(drawn['large-state.json'])
        self.assertLess(len(drawn['large-state.json']), len(json.dumps(self.results)) / 3)
        again = self.draw(kept)
        for name in drawn:
            if name != 'results.json':
                self.assertEqual(again[name], drawn[name], name)

    def test_the_page_gets_the_figures_in_their_place_and_keeps_the_rest(self):
        page = 'before\n<!-- figures: ./run bench plots -->\nold\n<!-- end of figures -->\nafter\n'
        written = self.draw(self.results, page)['page.md']
        self.assertTrue(written.startswith('before\n') and written.endswith('\nafter\n'))
        self.assertNotIn('old', written)
        self.assertIn('What is promised', written)
        self.assertEqual(self.draw(self.results, written)['page.md'], written)

    def test_the_page_tells_which_step_was_measured_on_which_machine(self):
        page = '<!-- figures: ./run bench plots -->\n<!-- end of figures -->\n'
        self.assertIn('Measured with 2 processors and Linux 6.1.\n', self.draw(self.results, page)['page.md'])
        changed = copy.deepcopy(self.results)
        changed['loss']['machine']['kernel'] = '6.2'
        self.assertRegex(self.draw(changed, page)['page.md'],
                         r'Measured with 2 processors and Linux 6\.1 \(.*pause.*\); '
                         r'with 2 processors and Linux 6\.2 \(loss\)\.')

    def test_the_page_tells_what_other_guests_of_the_host_took(self):
        page = '<!-- figures: ./run bench plots -->\n<!-- end of figures -->\n'
        self.assertNotIn('guests', self.draw(self.results, page)['page.md'])
        changed = copy.deepcopy(self.results)
        for step, stolen in (('loss', 0.071), ('legs', 0), ('arena', 0.01)):
            changed[step]['machine']['stolen'] = stolen
        self.assertIn(' other guests of the same host took 0.0 % (legs) to 7.1 % (loss).\n',
                      self.draw(changed, page)['page.md'])

    def test_a_promise_that_is_not_kept_is_told(self):
        def missed(results):
            sys.path.insert(0, SCRIPTS)
            import figures
            table = figures.promise_table(results)
            return [line[0] for line in table.lines if line[2] == 'MISSED']

        self.assertEqual(missed(self.results), [])
        for change, told in (
                (lambda r: r['pause']['check'].update(lost=1), 'acknowledged write'),
                (lambda r: r['arena']['sizes'][0]['check_after_rehearsal'].update(wrong=1), 'rehearsal'),
                (lambda r: r['ahead']['sizes'][0]['ahead']['upgrade'].update(pause_us=11e3), '10 ms'),
                (lambda r: r['ahead']['sizes'][0]['ahead']['upgrade'].update(pause_us=1e3), '2 times'),
                (lambda r: r['ahead']['sizes'][0]['ahead']['clients'].update(reconnections=1), 'reconnects'),
                (lambda r: r['redis']['restart']['clients'].update(gap_us=1e6), 'Redis restarts'),
                (lambda r: r['redis']['failover']['clients'].update(gap_us=1e3), 'fail over'),
                (lambda r: r['pause']['upgrade']['memory'].update(successor_peak=1 << 40), 'successor'),
                (lambda r: r['loss']['check'].update(lost=0), 'left out'),
                (lambda r: r['transfer'].update(insert_ratio=1.4), 'what inserting takes'),
                (lambda r: r['transfer'].update(protobuf_ratio=0.4), 'protobuf-c takes'),
                (lambda r: r['legs']['legs'][-1].update(memory=1 << 40), 'more memory than'),
                (lambda r: r['legs']['legs'][-1].update(shared=1 << 40), 'memory in files')):
            changed = copy.deepcopy(self.results)
            change(changed)
            with self.subTest(promise=told):
                self.assertTrue(any(told in promise for promise in missed(changed)), missed(changed))


if __name__ == '__main__':
    SCRIPTS = sys.argv.pop(1)
    unittest.main()
