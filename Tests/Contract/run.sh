#!/usr/bin/env bash
# run.sh PROGRAMS: holds a daemon against its OpenAPI document, and against what the CloudEvents SDK writes.
set -euo pipefail
programs=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/../../.build-venv
work=$(mktemp -d)
daemon=
bridge=
trap '[ -z "$bridge" ] || kill "$bridge" 2>/dev/null; [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; }; rm -rf "$work"' EXIT

[ -x "$venv/bin/schemathesis" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$here/requirements.txt"; }

JOURNEYD_LOG_LEVEL=notice "$programs/journeyd" --data "$work/data" --socket "$work/s" 2>"$work/log" &
daemon=$!
"$venv/bin/python" "$here/bridge.py" "$work/s" "$work/port" &
bridge=$!
until [ -s "$work/port" ]; do kill -0 "$bridge" "$daemon" || { cat "$work/log" >&2; exit 1; }; sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")

"$venv/bin/python" "$here/cloudevents_sdk.py" "$url"
# Events to ask about.
"$programs/journeyctl" simulate --journeys 50 --seed 3 | JOURNEYD_SOCKET=$work/s "$programs/journeyctl" import - >/dev/null

cd "$work"
SCHEMATHESIS_HOOKS=rules PYTHONPATH=$here "$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$url/v1/openapi.json" \
    --checks all --mode all --max-examples "${CASES:-150}" --seed "${SEED:-1}" --continue-on-failure --request-timeout 60 "${@:2}"

kill -0 "$daemon" || { echo "the daemon ended:" >&2; cat "$work/log" >&2; exit 1; }
if grep -E ' (error|critical) ' "$work/log"; then echo "the daemon logged errors" >&2; exit 1; fi
