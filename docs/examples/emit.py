#!/usr/bin/env python3
"""Emit events to journeyd from Python: one file, nothing but the standard library.

    from emit import Emitter

    with Emitter(source="/crm", spool="/var/lib/crm/journey.db") as journey:
        journey.emit("sales.opportunity.won", "opportunity:77", {"opp_id": "77", "money": {"minor": 100000, "ccy": "EUR"}})

emit() returns at once; a thread sends what it took, in batches and in order, until the daemon has it. Each event gets its id and its time
when it is emitted, so that what is sent twice is stored once. With a spool, an SQLite file of this emitter's own, events outlive the
process; without one they are kept in memory. What the daemon will never take is put aside (`rejected`) and holds up nothing.

On the command line:

    emit.py --type sales.opportunity.won --subject opportunity:77 --data '{"opp_id": "77", …}'
    emit.py -  < events.ndjson          # events as they are, one JSON text a line
"""

import argparse
import datetime
import http.client
import json
import os
import random
import socket
import sqlite3
import sys
import threading
import time
import uuid

DEFAULT_SOCKET = "/run/journeyd/journeyd.sock"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Spool:
    """Events that wait, in an SQLite database: a file, or memory where there is none."""

    def __init__(self, path):
        self.db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        # What was taken outlives this process; "FULL" lets it outlive a loss of power as well.
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute("CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)")
        self.db.execute("CREATE TABLE IF NOT EXISTS rejected (event TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL)")
        self.lock = threading.Lock()
        self.count = self.db.execute("SELECT count(*) FROM waiting").fetchone()[0]

    def add(self, event):
        with self.lock:
            self.db.execute("INSERT INTO waiting (event) VALUES (?)", (event,))
            self.count += 1

    def first(self, limit):
        with self.lock:
            return self.db.execute("SELECT number, event FROM waiting ORDER BY number LIMIT ?", (limit,)).fetchall()

    def remove(self, batch, rejected):
        with self.lock:
            self.db.execute("BEGIN")
            self.db.executemany("INSERT INTO rejected VALUES (?, ?, ?)", rejected)
            self.db.execute("DELETE FROM waiting WHERE number <= ?", (batch[-1][0],))
            self.db.execute("COMMIT")
            self.count -= len(batch)

    def rejected(self):
        with self.lock:
            return self.db.execute("SELECT event, code, detail FROM rejected").fetchall()


class Emitter:
    """Takes events and brings them to journeyd."""

    def __init__(self, source="emit.py", socket_path=None, spool=None, batch=500, linger=0.05, most_waiting=100_000, timeout=60):
        self.source = source
        self.socket_path = socket_path or os.environ.get("JOURNEYD_SOCKET") or DEFAULT_SOCKET
        self.batch, self.linger, self.most_waiting, self.timeout = batch, linger, most_waiting, timeout
        self.spool = Spool(spool)
        self.connection = None
        self.failures = 0
        self.trouble = None
        self.is_closing = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, name="journeyd-emitter", daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def emit(self, type, subject, data=None, id=None, account=None, time=None):
        """Takes an event; returns its id. Waits where too many wait already."""
        event = {
            "specversion": "1.0",
            "id": id or uuid.uuid4().hex,
            "source": self.source,
            "type": type,
            "subject": subject,
            "time": time or datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
        }
        if account is not None:
            event["account"] = account
        if data is not None:
            event["data"] = data
        self.emit_json(event)
        return event["id"]

    def emit_json(self, event):
        """Takes an event that is complete: it must have an id and a source, to be known again."""
        if not event.get("id") or not event.get("source"):
            raise ValueError("the event has no id or no source")
        with self.changed:
            if self.is_closing:
                raise RuntimeError("the emitter is closed")
            self.changed.wait_for(lambda: self.spool.count < self.most_waiting)
            self.spool.add(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
            self.changed.notify_all()

    def flush(self, timeout=None):
        """Waits until the daemon has all that was taken; False where that took too long: see `trouble`."""
        with self.changed:
            return self.changed.wait_for(lambda: self.spool.count == 0, timeout)

    def close(self, timeout=30):
        """Takes no more and waits until the daemon has the rest; what it has not by then stays in the spool."""
        done = self.flush(timeout)
        with self.changed:
            self.is_closing = True
            self.changed.notify_all()
        self.thread.join()
        return done

    def rejected(self):
        """What the daemon will never take: event, code and detail of each."""
        return self.spool.rejected()

    def _run(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.spool.count > 0 or self.is_closing)
                if self.is_closing:
                    return
                # Others may come to be sent with it.
                self.changed.wait_for(lambda: self.spool.count >= self.batch or self.is_closing, self.linger)
            batch = self.spool.first(self.batch)
            try:
                rejected = self._send([event for _, event in batch])
            except (OSError, http.client.HTTPException, ValueError, Refused) as error:
                self._pause(error)
                continue
            self.failures, self.trouble = 0, None
            with self.changed:
                self.spool.remove(batch, rejected)
                self.changed.notify_all()

    def _pause(self, error):
        if self.connection:
            self.connection.close()
        self.connection = None
        self.trouble = str(error)
        pause = min(30, 0.1 * 2 ** min(self.failures, 10)) * random.uniform(0.5, 1)
        self.failures += 1
        with self.changed:
            self.changed.wait_for(lambda: self.is_closing, pause)

    def _send(self, events):
        """Sends lines; returns those that will never be taken. Raises where it is not known what the daemon has: they are sent again."""
        if self.connection is None:
            self.connection = UnixConnection(self.socket_path, self.timeout)
        self.connection.request(
            "POST", "/v1/events?atomic=false", "\n".join(events).encode(), {"Content-Type": "application/x-ndjson"})
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise Refused(f"{response.status} {body.decode(errors='replace')}")
        answered, rejected, last = 0, [], {}
        for line in body.splitlines():
            last = json.loads(line)
            answered += last["lines"]
            rejected += [(events[entry["line"] - 1], entry["code"], entry["detail"]) for entry in last["rejected"]]
        if not last.get("done") or "error" in last or answered != len(events):
            raise Refused(last.get("error", {}).get("detail", "the answer was cut short"))
        return rejected


class Refused(Exception):
    """The daemon takes nothing now."""


def main():
    parser = argparse.ArgumentParser(description="Emit events to journeyd.")
    parser.add_argument("--socket", help=f"where the daemon listens (default: $JOURNEYD_SOCKET, then {DEFAULT_SOCKET})")
    parser.add_argument("--spool", help="an SQLite file in which events wait while the daemon is away")
    parser.add_argument("--source", default="emit.py", help="who says so")
    parser.add_argument("--timeout", type=float, default=30, help="how many seconds to wait for the daemon")
    for name in ["type", "subject", "id", "account", "time", "data"]:
        parser.add_argument("--" + name)
    parser.add_argument("file", nargs="?", help="a file of events, one JSON text a line; - is the standard input")
    arguments = parser.parse_args()
    if not arguments.file and not (arguments.type and arguments.subject):
        parser.error("name a file, or --type and --subject")
    emitter = Emitter(arguments.source, arguments.socket, arguments.spool)
    if arguments.file:
        with sys.stdin if arguments.file == "-" else open(arguments.file) as lines:
            for line in lines:
                if line.strip():
                    emitter.emit_json(json.loads(line))
    else:
        data = json.loads(arguments.data) if arguments.data else None
        emitter.emit(arguments.type, arguments.subject, data, arguments.id, arguments.account, arguments.time)
    done = emitter.close(arguments.timeout)
    for event, code, detail in emitter.rejected():
        print(f"rejected: {code}: {detail}: {event}", file=sys.stderr)
    if not done:
        kept = "they wait in the spool" if arguments.spool else "they are lost"
        print(f"journeyd does not have all events ({emitter.trouble}); {kept}", file=sys.stderr)
    return 0 if done and not emitter.rejected() else 1


if __name__ == "__main__":
    sys.exit(main())
