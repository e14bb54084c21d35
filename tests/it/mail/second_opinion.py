"""Reads each mail of a folder by Python's own parser, and tells as JSON, by file, what stands in it and what is wrong.

Not part of the product: the suite's second opinion."""

import email
import email.policy
import json
import pathlib
import sys


def defects(message):
    found = [repr(defect) for defect in message.defects]
    for name, value in message.items():
        found += [f"{name}: {defect!r}" for defect in getattr(value, "defects", ())]
    if message.is_multipart():
        for part in message.iter_parts():
            found += defects(part)
    return found


def attachment(part):
    content = part.get_content()
    return [part.get_filename(), part.get_content_type(), content if isinstance(content, str) else content.decode()]


def tell(path):
    raw = path.read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    lines = raw.split(b"\r\n")
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "kind": body.get_content_type(),
        "body": body.get_content(),
        "attachments": [attachment(part) for part in message.iter_attachments()],
        "defects": defects(message),
        "longest": max(len(line) for line in lines),
        "bare": sum(line.count(b"\r") + line.count(b"\n") for line in lines),
        "nul": raw.count(b"\0"),
    }


folder = pathlib.Path(sys.argv[1])
print(json.dumps([tell(path) for path in sorted(folder.iterdir())]))
