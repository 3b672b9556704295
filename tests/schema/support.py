# SPDX-License-Identifier: MIT
"""ekiden-schema as a person runs it, in a directory that goes away."""
import os
import subprocess
import tempfile
import unittest

TOOL = os.environ['EKIDEN_SCHEMA']
SOURCE = os.environ['EKIDEN_SOURCE']
IDL = os.path.join(SOURCE, 'idl')
HEADERS = os.path.join(SOURCE, 'runtime/include')

HEAD = '''syntax = "proto2";
package {program}.v{version};
import "ekiden/options.proto";
option (ekiden.program) = {{ name: "{program}" version: {version}{more} }};
'''


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode('utf-8', 'replace')
        self.err = process.stderr.decode('utf-8', 'replace')

    def __repr__(self):
        return f'status {self.status}\n--- stdout\n{self.out}--- stderr\n{self.err}---'


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        mode = 'wb' if isinstance(content, bytes) else 'w'
        with open(self.path(name), mode) as file:
            file.write(content)
        return name

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def schema(self, name, body, program='shop', version=1, more=''):
        """A schema whose body begins in line 5."""
        return self.write(name, HEAD.format(program=program, version=version, more=more) + body)

    def run_tool(self, *arguments, **keywords):
        process = subprocess.run([TOOL, *arguments], cwd=self.directory, timeout=60,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, check=False, **keywords)
        return Result(process)

    def schemas(self, command, *arguments, **keywords):
        return self.run_tool(command, '-I.', '-I' + IDL, *arguments, **keywords)

    def expect(self, result, status, out=None, err=None):
        self.assertEqual(result.status, status, result)
        if out is not None:
            self.assertEqual(result.out, out, result)
        if err is not None:
            self.assertEqual(result.err, err, result)
