# SPDX-License-Identifier: MIT
"""docs/man/ekiden-upgrade.1: its synopsis and its options are those that the tool's --help tells."""
import os
import re
import subprocess
import unittest

from page import read

MANUAL = 'docs/man/ekiden-upgrade.1'
TOOL = os.path.join(os.environ['EKIDEN_BUILD'], 'tools/ekiden-upgrade')
# Those of every form, which --help has as [OPTION...].
GENERAL = {'--json', '--quiet', '--timeout', 'option'}
# What all tools have, in argp's words.
COMMON = {'help', 'usage', 'version'}


def help_text():
    return subprocess.run([TOOL, '--help'], env={**os.environ, 'LC_ALL': 'C', 'ARGP_HELP_FMT': ''},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=True).stdout


def options_of_help():
    """Their descriptions."""
    found = re.findall(r'^ +(?:-\S, )? *--([\w-]+)(?:=\w+)?  +(\S.*(?:\n {20,}.*)*)', help_text(), re.M)
    return {name: ' '.join(description.split()) for name, description in found}


def options_of_manual():
    options = re.search(r'^The options are:\n(.*?)^\.El', read(MANUAL), re.M | re.S).group(1)
    items = re.split(r'^\.It Fl -', options, flags=re.M)[1:]
    return {re.match(r'[\w-]+', item).group(): plain(item.split('\n', 1)[1]) for item in items}


def plain(text):
    """A manual's text in one line, as a reader sees it."""
    text = re.sub(r'^\.(?:Pq )?(?:Fl|Ar|Va|Dv|Ev|Fn|Sx|Xr|Pa) ', '', text, flags=re.M)
    return ' '.join(re.sub(r'(?<!\S)-(?=\w)', '--', text).split())


def beginning(text):
    """The first words, whichever stop is behind them."""
    return [re.sub(r'\W+$', '', word).lower() for word in text.split() if re.search(r'\w', word)][:4]


def words(form):
    """The options and arguments of one form, without what is common to all."""
    found = re.findall(r'--\w[\w-]*|program|pid|new_binary|argument|option', form.lower())
    return frozenset(found) - GENERAL


def forms_of_help():
    usage = ' '.join(help_text().split('\nUpgrade a running')[0].split())
    return {words(form.replace('[OPTION...]', '')) for form in
            re.split(r'Usage: ekiden-upgrade|or: ekiden-upgrade', usage) if form}


def forms_of_manual():
    """One that has two questions in it is two."""
    synopsis = re.search(r'^\.Sh SYNOPSIS\n(.*?)^\.Sh', read(MANUAL), re.M | re.S).group(1)
    forms = set()
    for form in synopsis.split('.Nm\n')[1:]:
        form = re.sub(r'\bFl -(?= Op)|\bOp\b|\bAr\b|\bNs\b', '', form)
        form = re.sub(r'\| -(?=\w)', '| Fl -', form)
        form = re.sub(r'\bFl -(?=\w)', '--', form)
        if '--help' in form:
            continue
        either = re.match(r'\.?\s*(--[\w-]+) \| (--[\w-]+)\n(.*)', form, re.S)
        forms.update({words(f'{name}\n{either[3]}') for name in either.group(1, 2)} if either
                     else {words(form)})
    return forms


class Commands(unittest.TestCase):
    maxDiff = None

    def test_each_form_of_the_command_is_that_of_the_help(self):
        forms = forms_of_help()
        self.assertEqual(len(forms), 8)
        self.assertEqual(sorted(map(sorted, forms_of_manual())), sorted(map(sorted, forms)))

    def test_each_option_is_there_with_its_argument(self):
        told = set(re.findall(r'^ +(?:-\S, )? *(--[\w-]+(?:=\w+)?)  ', help_text(), re.M))
        self.assertGreater(len(told), 20)
        options = re.search(r'^The options are:\n(.*?)^\.Ss', read(MANUAL), re.M | re.S).group(1)
        described = {'--' + name + ('=' + argument.upper() if argument else '') for name, argument in
                     re.findall(r'^\.It Fl -([\w-]+)(?: Ar (\w+))?', options, re.M)}
        self.assertEqual(described, told)

    def test_each_option_is_told_of_in_the_same_words_and_numbers(self):
        told, described = options_of_help(), options_of_manual()
        self.assertEqual(set(told), set(described))
        for name in told.keys() - COMMON:
            first = beginning(told[name])
            self.assertEqual(first, beginning(described[name])[:len(first)], name)
            for number in re.findall(r'\b\d+\b', told[name]):
                self.assertRegex(described[name], rf'\b{number}\b', name)


if __name__ == '__main__':
    unittest.main()
