#!/usr/bin/env python3
"""Asks the same of journeyd and of ClickHouse (chdb) over the same events, answer to answer, with two threads each.

    QuestionBenchmark --data DIR            # makes the events
    QuestionBenchmark --data DIR --tsv FILE
    journeyd --data DIR --socket SOCKET &
    pip install chdb
    questions.py --tsv FILE --socket SOCKET
"""
import argparse
import json
import socket
import tempfile
import time

from chdb import session

WINDOW = 30 * 86_400
CONDITIONS = [{"data.n": {"gte": 250}}, {"data.t": {"in": ["a", "b", "c", "d", "e", "f"]}}]
SQL_CONDITIONS = [" AND n >= 250", " AND t IN ('a','b','c','d','e','f')"]


def question(conditions, breakdown):
    steps = [{"type": f"bench.step.t{number}"} for number in range(5)]
    for step, condition in zip(steps, conditions):
        step["where"] = condition
    funnel = {"steps": steps, "window": WINDOW, "semantics": "clickhouse/26.9"}
    if breakdown:
        funnel["breakdown"] = {"field": "data.t"}
    return json.dumps({"funnel": funnel})


def sql(conditions, breakdown):
    tests = [f"type = 'bench.step.t{number}'" for number in range(5)]
    tests = [test + condition for test, condition in zip(tests, list(conditions) + [""] * 5)]
    value = f", argMinIf(t, time, {tests[0]}) AS value" if breakdown else ""
    inner = f"SELECT journey, windowFunnel({WINDOW})(time, {', '.join(tests)}) AS level{value} FROM events GROUP BY journey"
    group = "value, level" if breakdown else "level"
    return f"SELECT {group}, count() AS n FROM ({inner}) GROUP BY {group} SETTINGS max_threads = 2"


def ask(path, body):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        head = f"POST /v1/questions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())
        answer = b""
        while piece := connection.recv(1 << 20):
            answer += piece
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])


def least(rounds, body):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = body()
        times.append(time.perf_counter() - start)
    return min(times), result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tsv", required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        database = session.Session(directory + "/chdb")
        columns = "journey UInt32, time DateTime, type LowCardinality(String), n UInt16, t LowCardinality(String)"
        database.query("CREATE DATABASE bench")
        database.query("USE bench")
        database.query(f"CREATE TABLE events ({columns}) ENGINE = MergeTree ORDER BY (journey, time)")
        database.query(f"INSERT INTO events SELECT * FROM file('{options.tsv}', 'TSV', '{columns}')")
        database.query("OPTIMIZE TABLE events FINAL")
        count = int(str(database.query("SELECT count() FROM events")))
        for name, conditions, breakdown in [("funnel", [], False), ("where", CONDITIONS, False), ("where and breakdown", CONDITIONS, True)]:
            ask(options.socket, question(conditions, breakdown))
            ours, answer = least(options.rounds, lambda: ask(options.socket, question(conditions, breakdown)))
            theirs, rows = least(options.rounds, lambda: str(database.query(sql(SQL_CONDITIONS if conditions else [], breakdown), "JSONCompactEachRow")))
            levels = {}
            for row in map(json.loads, rows.splitlines()):
                levels[int(row[-2])] = levels.get(int(row[-2]), 0) + int(row[-1])
            reached = [sum(n for level, n in levels.items() if level >= step) for step in range(1, 6)]
            counts = [step["count"] for step in answer["steps"]]
            print(f"{name}: journeyd {ours:.3f} s ({count / ours / 1e6:.1f} M events/s), chdb {theirs:.3f} s "
                  f"({count / theirs / 1e6:.1f}), {theirs / ours:.1f} times as fast, {'equal' if counts == reached else 'DIFFERENT'}: {counts}")
            if counts != reached:
                raise SystemExit(f"chdb: {reached}")


if __name__ == "__main__":
    main()
