"""
Writes what a play prints into its files, secrets hidden, up to a limit. Runs as a process of its own, so that a play
whose supervisor was killed still has somebody to print to; it ends when the last process that could print has.
"""
import os
import selectors

from drover_redaction import StreamRedactor

OUTPUT_BYTES = 4 * 1024 * 1024


def write_output(names, ends, secrets):
    os.setsid()
    for end in ends:
        os.close(end)
    redactor = StreamRedactor(secrets)
    selector = selectors.DefaultSelector()
    for stream, name in names.items():
        selector.register(stream, selectors.EVENT_READ, [open(name, 'ab', buffering=0), b'', OUTPUT_BYTES])
    while selector.get_map():
        for key, _ in selector.select():
            file, pending, room = key.data
            chunk = os.read(key.fd, 65536)
            ready, pending = redactor.split(pending + chunk) if chunk else (redactor.redact(pending), b'')
            key.data[1:] = pending, put(file, ready, room)
            if not chunk:
                selector.unregister(key.fd)


def put(file, data, room):
    """Writes what there is room for; gives the room that is left, -1 once the cut is noted. A full disk stops nobody."""
    if room < 0:
        return room
    try:
        file.write(data[:room])
        if len(data) > room:
            file.write(b'\n[cut: more than %d bytes]\n' % OUTPUT_BYTES)
    except OSError:
        pass
    return room - len(data) if len(data) <= room else -1
