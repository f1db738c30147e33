#!/usr/bin/env bash
# A training run for an AOT cache: starts the gateway that the arguments name, with a simulated provider and without Redis,
# asks it what clients ask, and ends it; the JVM writes down what it learnt when it ends.
#   train.sh java -XX:AOTCacheOutput=FILE -jar quarkus-run.jar
set -euo pipefail
port=${TRAINING_PORT:-18080}
export QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$port QUARKUS_REDIS_HOSTS=redis://127.0.0.1:1
export SLUICE_AUTH_ENABLED=false SLUICE_PROVIDERS_SIM_TYPE=simulated SLUICE_PROVIDERS_SIM_LATENCY=1ms
export SLUICE_LIMITS_DEFAULT_REQUESTS_PER_MINUTE=0 SLUICE_LIMITS_DEFAULT_TOKENS_PER_MINUTE=0

# HTTP without curl, which the image does not have.
ask() {
  local body=$1
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "${#body}" "$body" >&3
  cat <&3 >/dev/null
  exec 3<&- 3>&-
}

"$@" &
gateway=$!
for _ in $(seq 600); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$gateway" || exit 1
  sleep 0.1
done
for i in $(seq 200); do
  ask "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Question $i: explain what a sluice is.\"}]}"
  ask "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Question $i: list three rivers.\"}]}"
done
kill -TERM "$gateway"
wait "$gateway" || true
