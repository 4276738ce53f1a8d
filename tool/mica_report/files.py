"""files.py -- files that are read and written, opened so that the command waits for nobody: for a pipe's other end it would wait for ever. A pipe
that somebody writes, or reads, serves, as a shell's <(...) and >(...) make it."""
import errno
import os
import stat


class Unreadable(Exception):
    """A file that is no profile, or cannot be had: one line that says why."""


def beginning(file):
    """Of a pipe what is there, nothing where it is to come; without a writer there is an end."""
    try:
        first = os.read(file, 1)
    except BlockingIOError:
        return b""
    if not first:
        raise OSError(errno.EINVAL, "a pipe that nobody writes")
    return first


def contents(file):
    mode = os.fstat(file).st_mode
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise OSError(errno.EINVAL, "neither a plain file nor a pipe")
    first = beginning(file) if stat.S_ISFIFO(mode) else b""
    os.set_blocking(file, True)
    with open(file, "rb", closefd=False) as stream:
        return first + stream.read()


def read(path):
    """The text of a plain file, or of a pipe up to its end."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return contents(file).decode("utf-8", "replace")
        finally:
            os.close(file)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def opened(path, flags):
    try:
        file = os.open(path, flags | os.O_NONBLOCK, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            error.strerror = "a pipe that nobody reads"
        raise
    os.set_blocking(file, True)
    return file


def writing(path):
    """The file, to be written as bytes from its beginning."""
    try:
        return open(path, "wb", opener=opened)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
