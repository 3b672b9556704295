#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The benchmarks still run, and say something of everything. What they say is not judged: the
# machine does other things too.
#
#     bench/test.sh BUILD_DIR
set -euo pipefail

json=$(mktemp)
trap 'rm -f "$json"' EXIT
"$(dirname "$0")/bench.sh" "$1" --repetitions 2 --json "$json"
python3 - "$json" <<'END'
import json, os, shutil, sys

rows = json.load(open(sys.argv[1]))["rows"]
expected = {"update point": 3 if shutil.which("valgrind") else 2}
for cpus in ["one CPU", "two CPUs"] if len(os.sched_getaffinity(0)) > 1 else ["one CPU"]:
    expected |= {f"{cpus}: floor": 5, f"{cpus}: pause of the counter": 4,
                 f"{cpus}: total of the counter": 4}
expected |= {"one CPU: pause with much": 4, "two CPUs: pause with much": 2}
counts = {group: sum(row["group"] == group for row in rows) for group in expected}
assert counts == expected, f"{counts}, and not {expected}"
for row in rows:
    assert row["p10"] <= row["median"] <= row["p90"], row
    assert (row["verdict"] is None) == (row["bound"] is None), row
    assert (row["ratio"] is None) == (row["against"] is None), row
    if "instructions" in row["name"]:
        assert row["median"] <= 4, f"an update point costs {row['median']} instructions"
END
