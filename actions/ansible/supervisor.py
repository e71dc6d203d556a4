#!/usr/bin/python3
"""
supervisor.py RUN_DIR: runs one play and outlives whoever started it. Everything is said through files in RUN_DIR.

Standard input: {"secrets": {name: value}, "variables": "<the same as YAML>"}, whole before anything is started.
spec.json: `command`, `events`, `temporary`, `timeLimitSeconds`, `graceSeconds`. Environment: the play's own.

claim.json  which supervisor has this directory; created exclusively, so that a play never starts twice
proc.json   the play's process, written by itself before it becomes ansible-playbook
exit.json   how it ended, once nothing of it runs any more
stdout, stderr  what it printed, secrets hidden, cut at 4 MiB

SIGTERM or the time limit: SIGINT to all of it, SIGTERM after the grace time, SIGKILL after twice the grace time.
A second process only writes the output files: the play goes on printing when the supervisor is killed.
"""
import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from drover_output import write_output  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: orphans of the play become our children
INPUT_BYTES = 4 * 1024 * 1024
# After SIGKILL only a process in an uninterruptible call of the kernel is left; it is reported, not waited for.
KILL_WAIT_SECONDS = 3
WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def main(run_dir):
    os.umask(0o077)
    os.chdir(run_dir)
    os.dup2(os.open('supervisor.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the secrets
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Blocked signals wait for sigtimedwait: none is lost, none interrupts anything.
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    claim()
    began = time.time()
    try:
        spec = read_json('spec.json')
        given = json.loads(sys.stdin.buffer.read(INPUT_BYTES))
    except ValueError as error:
        say_ended(began, None, 'not-started', detail='what the starter said is incomplete: %s' % error)
        return
    play, writer = start(spec, given)
    status, why = watch(play, spec['timeLimitSeconds'], spec['graceSeconds'], writer)
    found, survivors = end_left_over(spec['graceSeconds'], writer)
    wait_for(writer, KILL_WAIT_SECONDS)
    clean(spec)
    say_ended(began, status, why, leftOver=found, survivors=survivors)


def claim():
    write_file('claim.new', {'v': 1, 'by': 'supervisor', 'process': identity(os.getpid()), 'boot': boot_id()})
    try:
        os.link('claim.new', 'claim.json')
    except FileExistsError:
        sys.exit('this run directory has been claimed already: nothing started')
    finally:
        os.unlink('claim.new')
    sync_directory()


def start(spec, given):
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    writer = fork(lambda: write_output({out: 'stdout', err: 'stderr'}, (out_end, err_end), given['secrets']))
    if given['secrets']:
        os.mkfifo('secrets.fifo', 0o600)
    supervisor = os.getpid()
    play = fork(lambda: become_play(spec, supervisor, out_end, err_end))
    for end in (out, err, out_end, err_end):
        os.close(end)
    if given['secrets']:
        offer(given['variables'].encode())
    return play, writer


def fork(run):
    pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(127)
    return pid


def become_play(spec, supervisor, out, err):
    os.setsid()
    os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    write_durably('proc.json', {'v': 1, 'process': identity(os.getpid()), 'boot': boot_id(),
                                'startedAt': int(time.time() * 1000)})
    # With the supervisor dead before this line, whoever looks may already have said that nothing was started.
    if os.getppid() != supervisor:
        return
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # Not in our own environment: everything that has it belongs to the play.
    os.execve(spec['command'][0], spec['command'], {**os.environ, 'DROVER_EVENTS_FILE': spec['events']})


def offer(variables):
    """Writes the secrets to the pipe once, when ansible-playbook opens it. Nothing reaches the disk."""
    def feed():
        try:
            fifo = os.open('secrets.fifo', os.O_WRONLY)
            os.unlink('secrets.fifo')
            rest = memoryview(variables)
            while rest:
                rest = rest[os.write(fifo, rest):]
            os.close(fifo)
        except OSError:
            pass  # the reader went away: it has said why, or was killed
    threading.Thread(target=feed, daemon=True).start()


def watch(play, limit, grace, writer):
    """Waits for the play's end, and brings it about when asked or when time is up."""
    began = time.monotonic()
    why, since, steps = 'exited', None, [(0, signal.SIGINT), (grace, signal.SIGTERM), (2 * grace, signal.SIGKILL)]
    while (status := reap(play)) is None:
        now = time.monotonic()
        if since is None and now - began >= limit:
            why, since = 'timed-out', now
        if since is not None and steps and now - since >= steps[0][0]:
            send(steps.pop(0)[1], writer)
        elif since is not None and not steps:
            send(signal.SIGKILL, writer)
        pause = 0.1 if since is not None else min(60, limit - (now - began))
        caught = signal.sigtimedwait(WATCHED, pause)
        if caught is not None and caught.si_signo != signal.SIGCHLD and since is None:
            why, since = 'cancelled', time.monotonic()
    return status, why


def reap(play):
    """Takes in all that ended; gives the play's exit code once it is among them, -9 for SIGKILL."""
    status = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
            if ended[0] == play:
                status = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        pass
    return status


def end_left_over(grace, writer):
    """
    Ends what outlived the main process: workers of a killed play, shared ssh connections, jobs in the background.
    Gives how many there were and how many are there still.
    """
    found = descendants(writer)
    began, killed = time.monotonic(), False
    send(signal.SIGTERM, writer)
    while descendants(writer) and time.monotonic() - began < grace + KILL_WAIT_SECONDS:
        if time.monotonic() - began >= grace:
            send(signal.SIGKILL, writer)
        reap(None)
        time.sleep(0.02)
    reap(None)
    return len(found), len(descendants(writer))


def send(number, writer):
    for pid in descendants(writer):
        try:
            os.kill(pid, number)
        except OSError:
            pass  # ended meanwhile, or another user's (become on this machine): then it shows among the survivors


def descendants(writer):
    """Living processes below us, but for the one that writes the output."""
    children = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                state, parent = stat_fields(name)[:2]
            except OSError:
                continue
            if state not in (b'Z', b'X'):
                children.setdefault(int(parent), []).append(int(name))
    found, todo = [], [os.getpid()]
    while todo:
        below = [pid for pid in children.get(todo.pop(), []) if pid != writer]
        found += below
        todo += below
    return found


def wait_for(pid, seconds):
    end = time.monotonic() + seconds
    while reap(pid) is None and os.path.exists('/proc/%d' % pid) and time.monotonic() < end:
        time.sleep(0.01)


def clean(spec):
    shutil.rmtree(spec['temporary'], ignore_errors=True)
    try:
        os.unlink('secrets.fifo')
    except FileNotFoundError:
        pass


def say_ended(began, status, why, leftOver=0, survivors=0, detail=''):
    now = time.time()
    write_durably('exit.json', {'v': 1, 'rc': status, 'why': why, 'leftOver': leftOver, 'survivors': survivors,
                                'detail': detail, 'startedAt': int(began * 1000), 'endedAt': int(now * 1000)})


def identity(pid):
    """A pid alone is used again by others; with its start time (ticks since boot) it is not."""
    return {'pid': pid, 'start': int(stat_fields(pid)[19])}


def stat_fields(pid):
    """/proc/PID/stat from field 3 (state) on; see proc(5). The name before it may hold blanks and brackets."""
    with open('/proc/%s/stat' % pid, 'rb') as file:
        return file.read().rsplit(b') ', 1)[1].split()


def boot_id():
    with open('/proc/sys/kernel/random/boot_id') as file:
        return file.read().strip()


def read_json(name):
    with open(name, encoding='utf-8') as file:
        return json.load(file)


def write_durably(name, value):
    write_file(name + '.new', value)
    os.rename(name + '.new', name)
    sync_directory()


def write_file(name, value):
    with open(name, 'w', encoding='utf-8') as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())


def sync_directory():
    directory = os.open('.', os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


if __name__ == '__main__':
    main(sys.argv[1])
