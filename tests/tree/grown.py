# SPDX-License-Identifier: MIT
"""A family of four, what upgrades of all of it are asked for, and what they say."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

from family import SECONDS, TOOL, V1, Family, Talk


class Tree(Family):
    """The eldest with two workers and a helper."""

    def grow(self, *arguments, **more):
        self.start(*arguments, **more)
        self.talks = {0: self.talk(0)}
        for number, role in (1, 'worker'), (2, 'worker'), (3, 'helper'):
            self.talks[0].ask('bear ' + role)
            self.talks[number] = self.talk(number)

    def whos(self):
        return {number: talk.who() for number, talk in self.talks.items()}

    def versions(self):
        return [who['version'] for who in self.whos().values()]

    def pid(self, number):
        return self.talks[number].who()['pid']

    def end_child(self, number):
        """A child of the first process ends, and is reaped; others that were upgraded may be as well."""
        pid = str(self.pid(number))
        self.talks.pop(number).socket.sendall(b'end\n')
        self.wait_for(lambda: pid in self.talks[0].ask('reap').split(), 'it does not end')

    def hold(self):
        """From now on successors with fault=hold wait, until release()."""
        pathlib.Path(self.sockets, 's.hold').touch()

    def release(self):
        os.unlink(os.path.join(self.sockets, 's.hold'))

    def begin(self, *arguments):
        """The tool, that runs, in a process group of its own; not for ever."""
        tool = subprocess.Popen([TOOL, '--json', *map(str, arguments)], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                start_new_session=True)
        tool.events = []
        patience = threading.Timer(SECONDS, tool.kill)
        patience.start()
        self.addCleanup(patience.cancel)
        self.addCleanup(self.finish, tool)
        self.addCleanup(tool.kill)
        return tool

    def until(self, tool, **wanted):
        """The next event with these members."""
        for line in tool.stdout:
            tool.events.append(json.loads(line))
            if wanted.items() <= tool.events[-1].items():
                return tool.events[-1]
        self.fail(f'there is no {wanted}: {tool.events}')

    @staticmethod
    def finish(tool):
        """Its exit status; all it said is in tool.events."""
        if tool.stdout.closed:
            return tool.returncode
        tool.events += [json.loads(line) for line in tool.communicate(timeout=SECONDS)[0].splitlines()]
        return tool.returncode

    def lines(self, *arguments):
        """What is printed for people: exit status, standard output and error."""
        done = subprocess.run([TOOL, *map(str, arguments)], env={**self.environment, 'LC_ALL': 'C'},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    def start_another(self):
        """A second instance of the program, with a worker."""
        prefix = self.sockets + '/t'
        process = subprocess.Popen([V1, prefix], env=self.environment, stdin=subprocess.DEVNULL)
        children = []

        def end():
            for pid in [process.pid, *children]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

        self.addCleanup(end)
        with socket.socket(socket.AF_UNIX) as probe:
            self.wait_for(lambda: probe.connect_ex(prefix + '.0') == 0, 'it does not start')
        talk = Talk(prefix + '.0')
        self.addCleanup(talk.socket.close)
        children.append(int(talk.ask('bear worker')))
        self.wait_for(lambda: os.path.exists(f'{self.runtime}/family.{children[0]}'), 'no child')
        return process.pid, talk


def ends(events):
    """How each process fared: (event, role)."""
    return [(event['event'], event['role']) for event in events
            if event['event'] in ('committed', 'rehearsed', 'failed', 'ended', 'skipped', 'untried')]


def counts(event):
    return {name: event[name] for name in
            ('processes', 'succeeded', 'ended', 'skipped', 'failed', 'untried') if event[name]}
