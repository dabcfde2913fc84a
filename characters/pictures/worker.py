"""Run one task of `encoding` in a process with hard limits: `python -m characters.pictures.worker TASK CPU MEMORY`.

The picture comes in by standard input, and what was made of it goes out by standard output, each with its length before
it. It imports no Django, so that it starts in a tenth of a second and holds no secret.
"""

import resource
import sys

LENGTH = 4  # bytes, before each result

UNREADABLE, OUT_OF_MEMORY = 3, 4  # exit statuses


def main(task: str, cpu: int, memory: int) -> int:
    """Carry a task out within so many seconds of CPU and bytes of memory; return the exit status."""
    for limit, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # it writes no file
    ):
        resource.setrlimit(limit, (most, most))
    from . import encoding
    from .looking import Unreadable

    content = sys.stdin.buffer.read()
    try:
        results = encoding.copies(content) if task == "copies" else [encoding.normalised(content)]
    except Unreadable:
        return UNREADABLE
    except MemoryError:
        return OUT_OF_MEMORY
    for result in results:
        sys.stdout.buffer.write(len(result).to_bytes(LENGTH) + result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
