"""Gives the TAP device that another process has open a send buffer of so many bytes: limit-sendbuf.py PID BYTES."""

import ctypes
import fcntl
import os
import struct
import sys

TUNSETSNDBUF = 0x400454D4  # linux/if_tun.h
SYS_PIDFD_GETFD = 438

pid, size = int(sys.argv[1]), int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
process = os.pidfd_open(pid)
for fd in os.listdir(f"/proc/{pid}/fd"):
    if os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/net/tun":
        ours = libc.syscall(SYS_PIDFD_GETFD, process, int(fd), 0)
        if ours < 0:
            sys.exit(os.strerror(ctypes.get_errno()))
        fcntl.ioctl(ours, TUNSETSNDBUF, struct.pack("i", size))
