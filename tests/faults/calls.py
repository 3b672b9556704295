# SPDX-License-Identifier: MIT
"""No call is forgotten: what the objects of the library and of the tool refer to, and do not define,
is wrapped (calls.h), or is in unfailing.txt with the reason why nothing is injected there."""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def symbols(archives, option):
    output = subprocess.run(["nm", option, *archives], check=True, capture_output=True, text=True,
                            stdin=subprocess.DEVNULL).stdout
    return {line.split()[-1] for line in output.splitlines() if re.search(r" [A-Za-z] \S+$", line)}


def listed(path, pattern):
    found = re.findall(pattern, path.read_text(), re.MULTILINE)
    for name in found:
        if found.count(name) > 1:
            sys.exit(f"{path}: {name} is there twice")
    return set(found)


def main(archives):
    called = symbols(archives, "--undefined-only") - symbols(archives, "--defined-only")
    wrapped = listed(HERE / "calls.h", r"^ +X\((\w+), ")
    unfailing = listed(HERE / "unfailing.txt", r"^(\w+) ")
    complaints = [f"{name}: is neither in calls.h nor in unfailing.txt"
                  for name in sorted(called - wrapped - unfailing)]
    complaints += [f"{name}: is in calls.h, and nobody calls it" for name in sorted(wrapped - called)]
    complaints += [f"{name}: is in calls.h and in unfailing.txt" for name in
                   sorted(wrapped & unfailing)]
    print("\n".join(complaints) or f"{len(wrapped)} calls are wrapped, of {len(called)}")
    sys.exit(bool(complaints))


main(sys.argv[1:])
