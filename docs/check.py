#!/usr/bin/env python3
"""Runs the examples of a document and compares what they print with what the document says.

    docs/check.py .build/release docs/first-ten-minutes.md docs/control-interface.md

Of each fenced block of `console`, the lines that begin with `$ `, with those behind that begin with `> `, are run, all of a document in one
shell, in a directory of their own, with the programs of the first argument in front of PATH. The lines behind a command are what it must
print: `…` stands for any text, and alone on its line for any lines. `--show` prints what came instead.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

END = "--end-of-command--"


def blocks(text):
    """The console blocks, each as a list of commands with what they should print."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        commands = []
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif line.startswith("> ") and not commands[-1][1]:
                command, expected = commands.pop()
                commands.append((command + "\n" + line[2:], expected))
            else:
                commands[-1][1].append(line)
        yield from commands


def pattern(expected):
    parts = []
    for line in expected:
        parts.append("(?:.*\n)*?" if line.strip() == "…" else ".*".join(re.escape(part) for part in line.rstrip().split("…")) + "\n")
    return "".join(parts) + r"\Z"


class Shell:
    def __init__(self, programs, directory):
        environment = dict(os.environ, PATH=os.path.abspath(programs) + ":" + os.environ["PATH"], LC_ALL="C.UTF-8", NO_COLOR="1")
        environment.pop("JOURNEYD_SOCKET", None)
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=directory, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, command):
        self.process.stdin.write(f"{command}\necho; echo {END}\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == END:
                break
            lines.append(line.rstrip() + "\n")
        # The line feed that `echo` put in front of the mark is not the command's, unless it ended its last line.
        if lines and lines[-1] == "\n":
            lines.pop()
        return "".join(lines)

    def close(self):
        self.process.stdin.write('kill $(jobs -p) 2>/dev/null; wait\nexit\n')
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()


def check(programs, path, show):
    failures = 0
    directory = tempfile.mkdtemp(prefix="doc-")
    shell = Shell(programs, directory)
    try:
        for command, expected in blocks(open(path).read()):
            printed = shell.run(command)
            if show:
                print(f"$ {command}\n{printed}", end="")
            elif not re.match(pattern(expected), printed.rstrip("\n") + "\n" * bool(printed.strip("\n"))):
                failures += 1
                print(f"{path}:\n$ {command}\nprinted\n{printed}instead of\n" + "\n".join(expected), file=sys.stderr)
    finally:
        shell.close()
        shutil.rmtree(directory, ignore_errors=True)
    return failures


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--show"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    failures = sum(check(arguments[0], path, "--show" in sys.argv) for path in arguments[1:])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
