"""
Hides known secret values in what a play says, before it reaches a file.

Used by the callback (events) and by the supervisor (standard output and error). A value is found as it is, line by
line when it has several, and in the forms that Ansible and modules usually print: JSON, Python's repr, shell quoting,
base64, percent-encoding. What a task does to a secret beyond that (upper case, halves, a hash) cannot be found.
"""
import base64
import json
import re
import urllib.parse

# Shorter pieces would be found everywhere. The starter refuses shorter secrets.
SHORTEST = 4
# A shorter line of a longer secret is too common to be one ("}", "end").
SHORTEST_LINE = 6
# Ansible breaks its warnings at 79 columns, in the middle of a word where it must. Above this size only whole forms
# are looked for, since the pattern grows with the secret.
LONGEST_WRAPPED = 4096


class Redactor:
    def __init__(self, secrets):
        self._names = {}
        for name, value in secrets.items():
            for form in forms_of(value):
                self._names.setdefault(form, name)
        self._forms = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile('|'.join(map(re.escape, self._forms))) if self._forms else None

    def redact(self, text):
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: hidden(self._names[match.group()]), text)


class StreamRedactor:
    """The same for a stream of bytes, which may cut a value anywhere and break it over lines."""

    def __init__(self, secrets):
        found = {form.encode('utf-8', 'surrogateescape') for value in secrets.values() for form in forms_of(value)}
        forms = sorted(found, key=len, reverse=True)
        self._pattern = re.compile(b'|'.join(map(over_lines, forms))) if forms else None
        self._held_back = 2 * len(forms[0]) if forms else 0

    def split(self, pending):
        """What of `pending` may be written now, redacted, and what must wait for more bytes."""
        if self._pattern is None:
            return pending, b''
        cut = max(0, len(pending) - self._held_back)
        for match in self._pattern.finditer(pending):
            if match.start() < cut < match.end():
                cut = match.end()
        return self.redact(pending[:cut]), pending[cut:]

    def redact(self, data):
        return data if self._pattern is None else self._pattern.sub(hidden('secret').encode(), data)


def hidden(name):
    return '[hidden: %s]' % name


def forms_of(value):
    """Each way of writing `value` that is looked for."""
    lines = [line.strip() for line in value.splitlines()]
    forms = {value, value.strip()} | {line for line in lines if len(line) >= SHORTEST_LINE}
    for whole in (value, value.strip()):
        forms |= {
            json.dumps(whole)[1:-1],
            json.dumps(whole, ensure_ascii=False)[1:-1],
            repr(whole)[1:-1],
            whole.replace("'", "'\"'\"'"),
            urllib.parse.quote(whole, safe='', errors='surrogateescape'),
            base64.b64encode(whole.encode('utf-8', 'surrogateescape')).decode(),
        }
    return {form for form in forms if len(form) >= SHORTEST}


def over_lines(form):
    if len(form) > LONGEST_WRAPPED:
        return re.escape(form)
    return b'\n?'.join(re.escape(form[at:at + 1]) for at in range(len(form)))
