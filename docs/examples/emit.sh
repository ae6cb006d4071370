#!/bin/sh
# Emits one event with curl alone, and tries again while the daemon is away: it is the same event, and is stored once.
#
#     emit.sh TYPE SUBJECT [DATA]
#     emit.sh marketing.lead.created lead:42 '{"lead_id":"42"}'
#
# JOURNEYD_SOCKET says where the daemon listens, JOURNEYD_SOURCE who says so, JOURNEYD_ID the event's id, if it has one already.
set -eu
type=${1:?usage: emit.sh TYPE SUBJECT [DATA]}
subject=${2:?usage: emit.sh TYPE SUBJECT [DATA]}
data=${3:-'{}'}
id=${JOURNEYD_ID:-$(cat /proc/sys/kernel/random/uuid)}
time=$(date -u +%Y-%m-%dT%H:%M:%SZ)

curl --silent --show-error --fail-with-body --retry 5 --retry-all-errors --retry-delay 1 \
    --unix-socket "${JOURNEYD_SOCKET:-/run/journeyd/journeyd.sock}" http://journeyd/v1/events \
    --header 'Content-Type: application/cloudevents+json' \
    --data "{\"specversion\":\"1.0\",\"id\":\"$id\",\"source\":\"${JOURNEYD_SOURCE:-emit.sh}\",\"type\":\"$type\",\"subject\":\"$subject\",\"time\":\"$time\",\"data\":$data}"
