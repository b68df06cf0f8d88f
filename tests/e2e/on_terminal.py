"""Runs a command on a terminal of its own and prints what it wrote there, a line for each that was
shown, also those that others took the place of.

    on_terminal.py COMMAND ARGUMENT...
"""
import os
import pty
import re
import sys


def main():
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    written = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not more:
            break
        written += more
    _, status = os.waitpid(process, 0)
    for line in re.split("[\r\n]+", written.decode().replace("\x1b[K", "")):
        print(line)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
