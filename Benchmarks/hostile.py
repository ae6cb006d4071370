#!/usr/bin/env python3
"""How long others wait while hostile clients do their worst: p50 and p99 of an append and of a question, before and during.

    Benchmarks/hostile.py .build/release/journeyd
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 400


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    # Waits where the queue of those who connect is full: one with a time limit is refused at once.
    connection.connect(path)
    connection.settimeout(30)
    return connection


def request(connection, method, target, body=b"", kind="application/cloudevents+json"):
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(1 << 20)
        if not part:
            raise ConnectionError("closed")
        answer += part
    head, _, content = answer.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(content) < length:
        content += connection.recv(1 << 20)
    return int(head.split()[1])


def event(number):
    return json.dumps({"specversion": "1.0", "id": str(number), "source": "/hostile", "type": "test.thing.happened", "subject": f"lead:{number % 50}",
                       "time": "2026-01-01T00:00:00Z", "data": {"text": "x" * 2000}}).encode()


def measure(path, name, first):
    connection = connect(path)
    for what, call in [("append", lambda n: request(connection, "POST", "/v1/events", event(first + n))),
                       ("funnel", lambda n: request(connection, "GET", "/v1/funnel"))]:
        times = []
        for number in range(ROUNDS):
            begin = time.perf_counter()
            assert call(number) == 200
            times.append((time.perf_counter() - begin) * 1000)
        times.sort()
        print(f"{name:28} {what}  p50 {times[ROUNDS // 2]:6.2f} ms  p99 {times[ROUNDS * 99 // 100]:6.2f} ms  worst {times[-1]:6.2f} ms", flush=True)


@contextlib.contextmanager
def slow_loris(path):
    """200 clients, a byte of their headers a second each, coming again when they are cut off."""
    stop = threading.Event()

    def drip():
        clients = []
        while not stop.is_set():
            while len(clients) < 200:
                clients.append(connect(path))
            for client in list(clients):
                try:
                    client.sendall(b"G")
                except OSError:
                    clients.remove(client)
            stop.wait(1)

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    stop.set()
    thread.join()


@contextlib.contextmanager
def deaf(path):
    """40 clients that ask for all events again and again and read nothing."""
    clients = []
    for number in range(40):
        client = connect(path)
        line = b"GET /v1/events?limit=10000 HTTP/1.1\r\nHost: x\r\n\r\n"
        client.sendall(line * 20 if number % 2 else b"GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        clients.append(client)
    yield


@contextlib.contextmanager
def endless(path):
    """4 clients that send bodies without end, as fast as they are taken."""
    stop = threading.Event()

    def pour():
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        while not stop.is_set():
            client = connect(path)
            with contextlib.suppress(OSError):
                client.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents-batch+json\r\nTransfer-Encoding: chunked\r\n\r\n")
                while not stop.is_set():
                    client.sendall(chunk)

    threads = [threading.Thread(target=pour) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def crowd(path):
    """1,025 connections of another user, where we may become one; of our own, less those we need, where not."""
    process = None
    if os.geteuid() == 0:
        code = ("import socket,sys,os;os.setgid(50001);os.setuid(50001);c=[]\n"
                "for _ in range(1025):\n s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);c.append(s)\nprint('there',flush=True);sys.stdin.read()")
        process = subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        yield
        process.communicate()
    else:
        clients = [connect(path) for _ in range(240)]
        yield
        del clients


def main():
    directory = tempfile.mkdtemp(prefix="hostile-")
    path = directory + "/s"
    daemon = subprocess.Popen([sys.argv[1], "--data", directory + "/data", "--socket", path], stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError):
                connect(path)
                break
            time.sleep(0.05)
        os.chmod(directory, 0o755)
        os.chmod(path, 0o666)
        measure(path, "before", 0)
        for number, attack in enumerate([slow_loris, deaf, endless, crowd], 1):
            with attack(path):
                measure(path, attack.__name__.replace("_", " "), number * ROUNDS)
        measure(path, "after", 10 * ROUNDS)
        status = open(f"/proc/{daemon.pid}/status").read()
        print(next(line for line in status.splitlines() if line.startswith("RssAnon")))
    finally:
        daemon.terminate()
        daemon.wait()
        subprocess.run(["rm", "-rf", directory])


if __name__ == "__main__":
    main()
