#!/bin/sh
# `make run`: serves the shipped rules with a certificate made on the spot, and says what to try once it is up.
set -eu
cd "$(dirname "$0")/.."
: "${PORT:=8443}" "${HEALTH_PORT:=8080}"
mkdir -p .cache/run
rm -f .cache/run/ports.json

say_what_to_try() {
  until [ -s .cache/run/ports.json ]; do
    kill -0 $$ 2>/dev/null || return 0 # it could not begin, and has said why
    sleep 0.1
  done
  cat <<EOF

Doorward serves the rules in policies/ on https://127.0.0.1:$PORT. In another terminal, in this folder:

  a pod that breaks rules, asked as a Kubernetes API server asks:
    curl --cacert .cache/run/bundle.crt -H "Content-Type: application/json" \\
      --data @examples/review.json https://127.0.0.1:$PORT/validate

  the same pod as a file, before it is pushed anywhere, and a Deployment that is fine:
    .venv/bin/doorward check examples/bad-pod.yaml
    .venv/bin/doorward check examples/good-deployment.yaml

  how it is, and what it counted:
    curl http://127.0.0.1:$HEALTH_PORT/readyz http://127.0.0.1:$HEALTH_PORT/metrics

Edit a file in policies/ and ask again: the rules are read while it serves. Ctrl-C ends it. Its log follows.

EOF
}

say_what_to_try &
exec doorward serve --policies policies --in-cluster never --self-signed --bundle-file .cache/run/bundle.crt \
  --host 127.0.0.1 --port "$PORT" --health-host 127.0.0.1 --health-port "$HEALTH_PORT" \
  --ports-file .cache/run/ports.json
