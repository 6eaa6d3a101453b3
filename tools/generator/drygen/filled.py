"""Results kept without their tests: a line each, from which the generator makes the test again."""
import hashlib
import json
import os

from . import boundary, statecase
from .forks import FORKS


def digest(test):
    """Of all but the result."""
    rest = {k: v for k, v in test.items() if k != "post"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:12]


def pack(folder, path):
    lines = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as f:
            (name, test), = json.load(f).items()
        post = next(iter(test["post"].values()))[0]
        logs = "-" if post["logs"] == statecase.NO_LOGS else post["logs"]
        lines.append(" ".join([name, digest(test), post["hash"], logs, post.get("expectException", "-")]))
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def remake(names):
    """name: test, for names of random programs (FORK_SEED) and of boundary cases."""
    out = {}
    for name in names:
        fork, _, seed = name.partition("_")
        if fork in FORKS and seed.isdigit():
            out[name] = statecase.make(FORKS.index(fork), int(seed))
    if len(out) < len(names):
        out.update((name, test) for name, test in boundary.cases() if name in names)
    return out


def unpack(path, folder):
    """Write the tests of path into folder. A test that comes out otherwise than when it was filled is an
    error: then the generator has changed and the results are to be made anew."""
    with open(path) as f:
        rows = {line.split()[0]: line.split()[1:] for line in f}
    tests = remake(set(rows))
    for name, (mark, root, logs, reason) in rows.items():
        if name not in tests or digest(tests[name]) != mark:
            raise SystemExit("%s: the generator no longer makes this test; fill anew (README)" % name)
        post = next(iter(tests[name]["post"].values()))[0]
        post["hash"], post["logs"] = root, statecase.NO_LOGS if logs == "-" else logs
        if reason != "-":
            post["expectException"] = reason
        with open(os.path.join(folder, name + ".json"), "w") as f:
            json.dump({name: tests[name]}, f, separators=(",", ":"), sort_keys=True)
    return len(rows)
