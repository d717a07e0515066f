"""Runs a command on a terminal of its own and copies what it writes there: on-terminal.py COMMAND...

SIGINT is passed on as Ctrl-C. Ends with the command's exit code.
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
signal.signal(signal.SIGINT, lambda number, frame: os.write(terminal, b"\x03"))
while True:
    try:
        written = os.read(terminal, 4096)
    except OSError:  # EIO: the command has ended
        break
    if not written:
        break
    os.write(1, written)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
