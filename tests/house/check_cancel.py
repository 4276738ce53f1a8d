#!/usr/bin/env python3
"""Nothing of mica's is a point of cancellation: no object of the product refers to a function of the C library that is one, unless
the same object disables cancellation around it (pthread_setcancelstate). And malloc_info, which writes to a stream, does."""
import os
import re
import subprocess
from pathlib import Path

from interface import BUILD
from source import ROOT, report

# POSIX 2.9.5: those that shall be, and of those that may be the ones that glibc makes so.
POINTS = set("""
accept accept4 aio_suspend clock_nanosleep close closedir connect copy_file_range creat creat64 epoll_pwait epoll_wait fallocate fcntl
fdatasync fsync getmsg getpmsg lockf lockf64 mq_receive mq_send mq_timedreceive mq_timedsend msgrcv msgsnd msync nanosleep open open64
openat openat64 pause poll ppoll pread pread64 preadv pselect pthread_cond_timedwait pthread_cond_wait pthread_join pthread_testcancel
putmsg putpmsg pwrite pwrite64 pwritev read readv recv recvfrom recvmsg select sem_timedwait sem_wait send sendmsg sendto sigpause
sigsuspend sigtimedwait sigwait sigwaitinfo sleep splice sync_file_range system tcdrain tee usleep vmsplice wait wait3 wait4 waitid
waitpid write writev
dprintf vdprintf fclose fdopen fflush fgetc fgets fopen fopen64 fprintf fputc fputs fread freopen fscanf fseek fwrite getc getchar
getdelim getline gets perror popen pclose printf putc putchar puts scanf ungetc vfprintf vprintf syslog vsyslog opendir readdir
_exit_group __fprintf_chk __vfprintf_chk __printf_chk __read_chk __open_2 __poll_chk
""".split())
DISABLES = "pthread_setcancelstate"

# Those of both libraries, and those of the shared one alone.
built = [os.environ["MICA_OBJECTS"]] if "MICA_OBJECTS" in os.environ else Path(BUILD).glob("CMakeFiles/mica*objects.dir")
objects = sorted(path for folder in built for path in Path(folder).rglob("*.o"))
violations, bracketed = [], 0
for path in objects:
    output = subprocess.run(["nm", "-u", path], check=True, capture_output=True, text=True).stdout
    wanted = {re.sub(r"@.*", "", line.split()[-1]) for line in output.splitlines() if line.strip()}
    found = sorted(POINTS & wanted)
    if found and DISABLES in wanted:
        bracketed += 1
    elif found:
        violations.append(f"{path.name}: {', '.join(found)}: a point of cancellation (base/calls.h has others)")
if bracketed != 1:
    violations.append(f"{bracketed} objects disable cancellation around a stream; there is one, for malloc_info")
report(violations, objects)
