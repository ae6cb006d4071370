"""cloudevents_sdk.py URL: what the official SDK writes, structured and batched, is stored and read back with the same meaning."""

import json
import sys
import urllib.request
from datetime import datetime, timezone

from cloudevents.core.bindings.http import to_structured_event
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.conversion import to_dict, to_structured
from cloudevents.v1.http import CloudEvent as OldEvent

url = sys.argv[1]


def request(path, body=None, headers={}):
    with urllib.request.urlopen(urllib.request.Request(url + path, body, dict(headers))) as answer:
        return json.load(answer)


def attributes(number):
    return {
        "id": f"sdk-{number}",
        "source": "/cloudevents/sdk-python",
        "type": "sdk.event.written",
        "subject": "lead:42",
        "time": "2026-03-01T09:30:00.250000+00:00",
        "datacontenttype": "application/json",
        "account": "account:sdk",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


data = {"text": "Ελλάδα \u0000 🎉", "number": 1.5, "list": [None, True, {"deep": []}]}


def check(position, number):
    event = request(f"/v1/events/{position}")
    expected = attributes(number)
    stored = {name: event[name] for name in expected if name in event}
    assert datetime.fromisoformat(stored.pop("time").replace("Z", "+00:00")) == datetime.fromisoformat(expected.pop("time")), event
    expected.pop("datacontenttype")
    stored.pop("datacontenttype", None)
    assert stored == expected and event["data"] == data, event


# Structured, by the SDK's present interface and by its first.
moment = datetime(2026, 3, 1, 9, 30, 0, 250000, tzinfo=timezone.utc)
message = to_structured_event(CloudEvent(attributes={**attributes(1), "specversion": "1.0", "time": moment}, data=data))
answer = request("/v1/events", message.body, message.headers)
assert answer["appended"] == 1, answer
check(answer["first"], 1)
headers, body = to_structured(OldEvent(attributes(2), data))
answer = request("/v1/events", body, headers)
assert answer["appended"] == 1, answer
check(answer["first"], 2)

# The SDK has no batches: an array of what it writes is one, by CloudEvents' JSON format, section 4.
batch = [json.loads(to_structured(OldEvent(attributes(number), data))[1]) for number in (3, 4)]
batch.append(to_dict(OldEvent(attributes(5), data)))
answer = request("/v1/events", json.dumps(batch).encode(), {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"})
assert answer["appended"] == 3 and answer["last"] - answer["first"] == 2, answer
for number in (3, 4, 5):
    check(answer["first"] + number - 3, number)

# Sent again, they are there once.
answer = request("/v1/events", body, headers)
assert answer["duplicates"] == 1 and answer["appended"] == 0, answer
print("cloudevents SDK: structured and batched output of 5 events was stored and read back")
