"""The source tree as the lint programs see it: layers, what they may include, files, plain code."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The core that decides: no I/O, no clock, no threads, no globals, no floats, no C library but mem*.
PURE = ("common", "crypto", "state", "execution", "consensus", "zk", "light")
# What in it asks the system for memory or ends the process; a freestanding build brings its own.
HOSTED = ("common/src/alloc.c", "common/src/assert.c")


def layers():
    """{layer: allowed layers}, and the same of what its tests may use besides."""
    allowed, tests = {}, {}
    for number, line in enumerate((ROOT / "layers.txt").read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, colon, rest = line.partition(":")
        into = tests if name.endswith("/test") else allowed
        if not colon or name in into:
            raise SystemExit(f"layers.txt:{number}: not 'layer: layer...', or there already")
        into[name.removesuffix("/test")] = set(rest.split())
    for name, lower in allowed.items():
        order = list(allowed)
        for other in lower:
            if other not in allowed or order.index(other) >= order.index(name):
                raise SystemExit(f"layers.txt: {name} may not include {other}: not below it")
            missing = allowed[other] - lower
            if missing:
                raise SystemExit(f"layers.txt: {name} lacks {missing}, which {other} includes")
    return allowed, tests


def files():
    """Our C files, as (layer or "tools", path relative to ROOT)."""
    for layer in list(layers()[0]) + ["tools"]:
        for path in sorted((ROOT / layer).rglob("*.[chS]")):
            relative = path.relative_to(ROOT)
            if "node_modules" not in relative.parts:
                yield layer, relative


def is_pure(relative):
    """Is the file part of the pure core's code (tests and benches are not)?"""
    text = str(relative)
    return relative.parts[0] in PURE and relative.parts[1] in ("include", "src") and text not in HOSTED


def is_adapter(relative):
    """The fast paths of crypto hand over to libraries, whose headers are no freestanding ones."""
    return relative.parts[:2] == ("crypto", "src") and relative.parts[2] != "portable"


STRIP = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(text):
    """The text without comments and the insides of literals, lines kept."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + found[0]
        return " " + "\n" * found.count("\n")
    return STRIP.sub(blank, text)
