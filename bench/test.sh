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
import json, shutil, sys

rows = json.load(open(sys.argv[1]))["rows"]
expected = {"update point": 2, "floor": 5, "pause of the counter": 4, "total of the counter": 4,
            "pause with much": 6}
if shutil.which("valgrind"):
    expected["update point"] += 1
counts = {group: sum(row["group"] == group for row in rows) for group in expected}
assert counts == expected, f"{counts}, and not {expected}"
for row in rows:
    assert row["p10"] <= row["median"] <= row["p90"], row
    assert (row["verdict"] is None) == (row["bound"] is None), row
    assert (row["ratio"] is None) == (row["against"] is None), row
    if "instructions" in row["name"]:
        assert row["median"] <= 4, f"an update point costs {row['median']} instructions"
END
