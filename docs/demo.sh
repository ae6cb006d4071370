#!/usr/bin/env bash
# Starts a daemon on a temporary directory, feeds it the journeys of a simulated company, and shows what it finds.
set -euo pipefail
bin=${1:?usage: docs/demo.sh DIRECTORY-OF-THE-PROGRAMS}
journeys=${JOURNEYS:-5000}
dir=$(mktemp -d)
export JOURNEYD_SOCKET="$dir/journeyd.sock"

"$bin/journeyd" --data "$dir/data" --socket "$JOURNEYD_SOCKET" 2>"$dir/journeyd.log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do
    [ -S "$JOURNEYD_SOCKET" ] && "$bin/journeyctl" status >/dev/null 2>&1 && break
    kill -0 "$daemon" 2>/dev/null || { cat "$dir/journeyd.log" >&2; exit 1; }
    sleep 0.1
done

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }

say "A simulated company: $journeys journeys through marketing, sales, finance, success and support"
"$bin/journeyctl" simulate --journeys "$journeys" --seed 1 >"$dir/events.ndjson"
"$bin/journeyctl" import "$dir/events.ndjson"
# The views follow the log by some milliseconds: what is asked below waits for the last event of the import.
last=$("$bin/journeyctl" --output json status | sed -E 's/.*"position":([0-9]+),"startedat".*/\1/')

say "The funnel: where journeys go on, still can, or are lost"
"$bin/journeyctl" funnel --at 2027-01-01 --after "$last"

say "The frictions, worst first. Three were planted: a slow handoff in region north,"
echo "invoices of product atlas issued again, tickets of segment enterprise bouncing."
"$bin/journeyctl" friction --top 6 --at 2027-01-01 --after "$last"

say "One journey"
"$bin/journeyctl" journey account:A000042 | sed -n 1,24p

cat <<END

How to go on:
  $bin/journeyd --data ./journeys --socket ./journeyd.sock &
  $bin/journeyctl --socket ./journeyd.sock simulate --journeys 1000 --seed 7 | $bin/journeyctl --socket ./journeyd.sock import -
  $bin/journeyctl --socket ./journeyd.sock friction --by data.region
  curl --unix-socket ./journeyd.sock http://journeyd/v1/funnel
  $bin/journeyctl --help
END
