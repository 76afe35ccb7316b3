"""Run one program and say in one line of JSON how that went: `python -I -S launcher.py SECONDS PROGRAM ARGUMENT...`.

`process.run_program` starts this script instead of the program itself, because Linux counts in a process's peak
memory (`ru_maxrss`) what it held before it became the program: a child of a Python process that has loaded torch
would begin with hundreds of megabytes. This process forks while it is still small, so what it cannot see is only
what lies below its own size: about 6 MB on Linux. Hence the imports inside functions, which run after the fork.

The program gets no input, a session of its own, and `/dev/null` for its output; the end of what it says on standard
error is kept. When the time is up, or whoever started this script closes its standard input (also by dying), the
program and its process group are killed.

The line holds `status` (exit status, negative for a signal; null when it was killed for time), `seconds`,
`peak_bytes` and `messages`.
"""

import os
import sys
import time

KEPT = 4096
"""Bytes of the program's messages that are kept."""
AT_ONCE = 65536
DRAINED = 64
"""Reads, at most, of what is left once the program has gone: others may still be writing."""


def main(arguments: list[str]) -> None:
    """Run the program that `arguments` name and write the line to standard output."""
    seconds, command = float(arguments[0]), arguments[1:]
    reading, writing = os.pipe()
    started = time.monotonic()
    child = start(command, writing)
    os.close(writing)
    messages, status, peak = watch(child, reading, started + seconds)
    took = time.monotonic() - started
    import json

    facts = {"status": status, "seconds": took, "peak_bytes": peak, "messages": messages.decode(errors="replace")}
    sys.stdout.write(json.dumps(facts) + "\n")


def start(command: list[str], writing: int) -> int:
    """Fork and become the program; its messages go to the descriptor `writing`. Return the process id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for source, target in ((nowhere, 0), (nowhere, 1), (writing, 2)):
            os.dup2(source, target)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(writing, f"it does not run: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def watch(child: int, reading: int, deadline: float) -> tuple[bytes, int | None, int]:
    """Wait for the program, until `deadline` (by `time.monotonic`) or until standard input closes.

    Return the end of its messages, its status (None when it was killed here), and its peak memory in bytes.
    """
    import select
    import signal

    woken = wake_on_exit()
    messages, sources = b"", [0, reading, woken]
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            kill_group(child, signal.SIGKILL)  # what it left running
            return (messages + drain(reading))[-KEPT:], os.waitstatus_to_exitcode(status), peak_bytes(usage.ru_maxrss)
        ready = select.select(sources, [], [], max(deadline - time.monotonic(), 0))[0]
        if not ready or 0 in ready:
            kill_group(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
            return (messages + drain(reading))[-KEPT:], None, peak_bytes(usage.ru_maxrss)
        if reading in ready:
            chunk = os.read(reading, AT_ONCE)
            messages = (messages + chunk)[-KEPT:]
            sources = sources if chunk else [0, woken]
        if woken in ready:
            os.read(woken, AT_ONCE)


def wake_on_exit() -> int:
    """A descriptor that becomes readable when a child ends."""
    import signal

    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    return woken


def kill_group(child: int, number: int) -> None:
    """Send a signal to the process group of `child`, of which nothing may be left."""
    try:
        os.killpg(child, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


def drain(reading: int) -> bytes:
    """The end of what can be read at once."""
    os.set_blocking(reading, False)
    messages = b""
    for _ in range(DRAINED):
        try:
            chunk = os.read(reading, AT_ONCE)
        except BlockingIOError:
            break
        if not chunk:
            break
        messages = (messages + chunk)[-KEPT:]
    return messages


def peak_bytes(maxrss: int) -> int:
    """`ru_maxrss` in bytes: macOS counts bytes, all others kilobytes."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
