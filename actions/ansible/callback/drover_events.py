# Appends what a play does to a file, one JSON object a line, for Drover to follow from any byte on.
#
# Needs nothing but ansible-core (2.14 or newer). It is the play's only output callback, so standard output stays empty.
# Only the main process writes; `seq` counts the lines without a hole, so that a lost line shows. `start` and `stats`
# are durable (fsync) before Ansible goes on. Secrets are hidden before a line is written, texts are clipped after that.
# The reader is events.ts, which holds the meaning of each field.
from __future__ import annotations

DOCUMENTATION = '''
name: drover_events
type: stdout
short_description: events of a play as lines of JSON in a file
description: Appends one line of JSON for each event to a file that did not exist before.
options:
  file:
    description: the file; it must not exist
    type: path
    required: true
    env: [{name: DROVER_EVENTS_FILE}]
  secret_names:
    description: names of the extra variables whose values are hidden
    type: list
    elements: string
    default: []
    env: [{name: DROVER_SECRET_NAMES}]
'''

import difflib
import json
import os
import sys
import threading
import time

from ansible import constants as C
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_version

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from drover_redaction import Redactor  # noqa: E402

# Limits, so that no task can make a line that the reader refuses (1 MiB) or that nobody could read.
TEXT_CHARS = 4096          # of one text of a result
NAME_CHARS = 512           # of a name or a path
DIFF_CHARS = 16384         # of one unified diff
DIFF_LINES = 5000          # a file with more is not compared: difflib takes time by the square
DIFFS = 20                 # of one result
WARNINGS = 10              # of one result
HOSTS = 1000               # names of a play's hosts
RESULT_BYTES = 64 * 1024   # of one line with a result


class EventFile:
    """Whole lines, in order. After a write that the disk cut short, the next line begins on a line of its own."""

    def __init__(self, path):
        # O_EXCL: a second play in the same directory ends here, before its first task.
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._seq = 0
        self._torn = False

    def append(self, kind, fields, durable=False):
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._seq += 1
            head = {'v': 1, 'seq': self._seq, 'at': int(time.time() * 1000), 'kind': kind}
            line = encode({**head, **fields})
            if len(line) > RESULT_BYTES and 'result' in fields:
                line = encode({**head, **shorten(fields)})
            self._write(line)
            if durable:
                os.fsync(self._fd)

    def _write(self, line):
        rest = memoryview(b'\n' + line if self._torn else line)
        self._torn = True
        while rest:
            rest = rest[os.write(self._fd, rest):]
        self._torn = False


def encode(event):
    return json.dumps(event, ensure_ascii=False, separators=(',', ':')).encode('utf-8', 'replace') + b'\n'


def shorten(fields):
    kept = {key: fields['result'][key] for key in ('rc', 'censored', 'items', 'attempts', 'retries')}
    message = (fields['result']['msg'] or '')[:TEXT_CHARS // 4]
    return {**fields, 'result': {**kept, 'msg': message, 'stdout': None, 'stderr': None, 'reason': None,
                                 'warnings': [], 'diffs': [], 'diffsLeftOut': len(fields['result']['diffs'])}}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'drover_events'

    def set_options(self, task_keys=None, var_options=None, direct=None):
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._events = EventFile(self.get_option('file'))
        self._secret_names = self.get_option('secret_names')
        self._redactor = Redactor({})
        self._batches = {}

    # Plays and tasks

    def v2_playbook_on_start(self, playbook):
        tasks = sum(count_play(play) for play in playbook.get_plays())
        self._events.append('start', {'playbook': self._name(playbook._file_name), 'tasks': tasks, 'pid': os.getpid(),
                                      'ansible': ansible_version}, durable=True)

    def v2_playbook_on_play_start(self, play):
        variables = play.get_variable_manager()
        # The first moment at which the values are at hand, and before anything that could show them.
        self._redactor = Redactor({name: value for name, value in variables.extra_vars.items()
                                   if name in self._secret_names and isinstance(value, str)})
        hosts = [host.get_name() for host in variables._inventory.get_hosts(play.hosts, order=play.order)]
        uuid = str(play._uuid)
        self._batches[uuid] = self._batches.get(uuid, 0) + 1
        self._events.append('play', {'play': self._name(play.get_name()), 'playId': uuid, 'hosts': hosts[:HOSTS],
                                     'hostCount': len(hosts), 'tasks': count_play(play),
                                     'batch': self._batches[uuid]})

    def v2_playbook_on_no_hosts_matched(self):
        self._events.append('nothing-matched', {})

    def v2_playbook_on_no_hosts_remaining(self):
        self._events.append('nobody-left', {})

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._task_began(task, handler=False)

    def v2_playbook_on_cleanup_task_start(self, task):
        self._task_began(task, handler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self._task_began(task, handler=True)

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._events.append('stats', {'hosts': hosts}, durable=True)

    # Hosts

    def v2_runner_on_start(self, host, task):
        self._events.append('host-start', {'host': host.get_name(), **self._task(task)})

    def v2_runner_on_ok(self, result):
        self._result('result', 'changed' if result._result.get('changed') else 'ok', result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result('result', 'failed', result, ignored=bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self._result('result', 'unreachable', result, ignored=bool(result._task.ignore_unreachable))

    def v2_runner_on_skipped(self, result):
        self._result('result', 'skipped', result)

    def v2_runner_item_on_ok(self, result):
        self._result('item', 'changed' if result._result.get('changed') else 'ok', result)

    def v2_runner_item_on_failed(self, result):
        self._result('item', 'failed', result, ignored=bool(result._task.ignore_errors))

    def v2_runner_item_on_skipped(self, result):
        self._result('item', 'skipped', result)

    def v2_runner_retry(self, result):
        self._result('retry', 'failed', result)

    # What an event says

    def _task_began(self, task, handler):
        if task.action in C._ACTION_META:  # flush_handlers and the like: no host reports on them
            return
        self._events.append('task', {**self._task(task), 'action': self._name(task.action),
                                     'path': self._name(task.get_path() or ''), 'handler': handler,
                                     'check': bool(task.check_mode)})

    def _task(self, task):
        return {'task': self._name(task.get_name()), 'taskId': str(task._uuid)}

    def _result(self, kind, status, result, ignored=False):
        said = result._result
        item = {'item': self._name(text_of(self._get_item_label(said)))} if kind == 'item' else {}
        self._events.append(kind, {'host': result._host.get_name(), **self._task(result._task), 'status': status,
                                   'ignored': ignored, **item,
                                   'result': self._said(said, result._task_fields.get('args') or {})})

    def _said(self, said, arguments):
        target = said.get('dest') or said.get('path') or arguments.get('dest') or arguments.get('path') or ''
        diffs = [diff for diff in (self._diff(each, target) for each in listed(said.get('diff'))) if diff]
        return {
            'msg': self._text(said.get('msg')),
            'rc': said['rc'] if type(said.get('rc')) is int else None,
            'stdout': self._text(said.get('stdout', said.get('module_stdout'))),
            'stderr': self._text(said.get('stderr', said.get('module_stderr'))),
            'reason': self._text(said.get('skip_reason', said.get('skipped_reason'))),
            'censored': 'censored' in said,
            'warnings': [self._text(warning) for warning in listed(said.get('warnings'))[:WARNINGS]],
            'items': len(said['results']) if isinstance(said.get('results'), list) else None,
            'attempts': said['attempts'] if type(said.get('attempts')) is int else None,
            'retries': said['retries'] if type(said.get('retries')) is int else None,
            'diffs': diffs[:DIFFS],
            'diffsLeftOut': max(0, len(diffs) - DIFFS),
        }

    def _diff(self, diff, target):
        """A new file has no `before_header`; `after_header` is often a temporary file of this machine."""
        if not isinstance(diff, dict):
            return None
        path = self._name(diff.get('before_header') or target)
        if 'prepared' in diff:
            changed = self._redactor.redact(text_of(diff['prepared']))
        elif any(key in diff for key in ('src_binary', 'dst_binary', 'src_larger', 'dst_larger')):
            changed = '(binary or too large to compare)'
        else:
            changed = unified(self._redactor.redact(lines_of(diff.get('before'))),
                              self._redactor.redact(lines_of(diff.get('after'))))
        return {'path': path, 'text': clip(changed, DIFF_CHARS)} if changed.strip() else None

    def _text(self, value):
        return None if value is None else clip(self._redactor.redact(text_of(value)), TEXT_CHARS)

    def _name(self, value):
        return clip(self._redactor.redact(text_of(value)), NAME_CHARS)


def clip(text, limit):
    return text if len(text) <= limit else '%s… (%d more characters)' % (text[:limit], len(text) - limit)


def text_of(value):
    """Any result as text: undecodable bytes as U+FFFD, structures as JSON."""
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    if not isinstance(value, str):
        value = json.dumps(value, default=str, ensure_ascii=False)
    return value if value.isascii() else value.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')


def listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def lines_of(value):
    """One side of a diff. Modules give a text or a dictionary (owner, mode, state)."""
    if value is None:
        return ''
    if isinstance(value, dict):
        return ''.join('%s: %s\n' % (key, text_of(value[key])) for key in sorted(value, key=str))
    return text_of(value)


def unified(before, after):
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > DIFF_LINES:
        return '(%d lines before, %d after: too many to compare)' % (len(old), len(new))
    return '\n'.join(list(difflib.unified_diff(old, new, lineterm=''))[2:])


def count_play(play):
    """Tasks that are known before the play runs: what an include brings, handlers and rescues come on top."""
    gathers = play.gather_facts if play.gather_facts is not None else C.DEFAULT_GATHERING == 'implicit'
    blocks = list(play.pre_tasks)
    for role in play.roles:
        for each in [*role.get_all_dependencies(), role]:
            blocks.extend(each.get_task_blocks())
    return bool(gathers) + count_tasks([*blocks, *play.tasks, *play.post_tasks], play)


def count_tasks(entries, play):
    total = 0
    for entry in entries:
        if hasattr(entry, 'block'):
            total += count_tasks([*entry.block, *entry.always], play)
        elif entry.action not in C._ACTION_META:
            total += is_wanted(entry, play)
    return total


def is_wanted(task, play):
    try:
        return bool(task.evaluate_tags(play.only_tags, play.skip_tags, all_vars={}))
    except Exception:  # tags with variables that only hosts know: counted, which at worst shows one task too many
        return True
