#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures Trainer4J beside raw PyTorch and Hugging Face's Trainer, run by run in turn, and prints medians. The cases sft,
# lora, packed, prepare and chunked fine-tune beside TRL and PEFT.
#
#   ./mvnw -q -pl trainer-benchmarks -am process-classes
#   PYTHON=~/venv/bin/python trainer-benchmarks/compare.sh mlp            # cases; mlp by default
#
# A case is a name, or a name and :bf16, such as bert-base:bf16.
#
# Environment:
#   PYTHON     a Python with torch, transformers and accelerate, for fine-tuning also datasets, peft and trl; python3 by default
#   REFERENCE  the Python side; reference_bench.py beside this file by default
#   REFERENCE_SFT  that of fine-tuning; reference_sft_bench.py beside this file by default
#   DATA       where the models and the conversations of fine-tuning go; trainer-benchmarks/target/conversations by default
#   RUNS       rounds of all sides, at least 5; 5 by default
#   STEPS      updates that are timed; by default 10000 for mlp, 500 for bert-tiny, 100 for gpt2-mini, 10 for bert-base,
#              60 for sft, lora and packed, 3 for chunked
#   THREADS    threads within an operation, for all sides; each side's own choice by default
#   BUSY       1 keeps one core busy with another process, for all sides; 0 by default
#   JAVA_OPTS  options for the JVM; by default those that docs/performance.md gives for few cores
#   MALLOC_ARENA_MAX, GLIBC_TUNABLES  for the JVM; by default those that docs/performance.md gives
#   EXTRAS     1 also measures the stall of saves; 0 by default
#   OUT        where the JSON lines go; trainer-benchmarks/target/compare.jsonl by default
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
reference=${REFERENCE:-$here/reference_bench.py}
reference_sft=${REFERENCE_SFT:-$here/reference_sft_bench.py}
export DATA=${DATA:-$here/target/conversations}
runs=${RUNS:-5}
out=${OUT:-$here/target/compare.jsonl}
java_opts=${JAVA_OPTS--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmn8m}
busy=${BUSY:-0}
cases=("${@:-mlp}")

if ((runs < 5)); then
  echo "compare.sh: RUNS is $runs; medians of fewer than 5 rounds say little, give at least 5" >&2
  exit 2
fi
if [[ $busy != [01] ]]; then
  echo "compare.sh: BUSY is $busy; give 1 to keep one core busy, or 0" >&2
  exit 2
fi
if [[ ! -f $here/target/classpath.txt ]]; then
  echo "compare.sh: not built; run ./mvnw -q -pl trainer-benchmarks -am process-classes first" >&2
  exit 2
fi
classpath=$here/target/classes:$(<"$here/target/classpath.txt")

steps_of() {
  case $1 in
    mlp) echo "${STEPS:-10000}" ;;
    bert-tiny) echo "${STEPS:-500}" ;;
    bert-base) echo "${STEPS:-10}" ;;
    sft | lora | packed) echo "${STEPS:-60}" ;;
    prepare) echo 1 ;;
    chunked) echo "${STEPS:-3}" ;;
    *) echo "${STEPS:-100}" ;;
  esac
}

# Large models fit better into a heap without caches of small blocks; docs/performance.md says why.
tunables_of() { [[ $1 != bert-base ]] || echo glibc.malloc.tcache_count=0; }

# Threads that prepare data wait for each other in one arena, and large gradients fit better beside small blocks than between them;
# docs/performance.md says why.
arenas_of() { [[ $1 == prepare || $1 == chunked ]] && echo 4 || echo 1; }

now_millis() { date +%s%3N; }

ours() { # MAIN-CLASS ARGUMENT...
  # shellcheck disable=SC2086
  MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-$(arenas_of "${2:-}")} GLIBC_TUNABLES=${GLIBC_TUNABLES-$(tunables_of "${2:-}")} \
    STARTED_MILLIS=$(now_millis) java $java_opts -DOPT_OUT_TRACKING=true -Dai.djl.offline=true \
    -cp "$classpath" "dev.trainer4j.benchmarks.$1" "${@:2}"
}

theirs() { # CASE MODE STEPS [bf16]
  STARTED_MILLIS=$(now_millis) "$python" "$reference" "$@"
}

trl() { # CASE STEPS
  "$python" "$reference_sft" "$1" "$DATA" "$2"
}

fine_tunes() { [[ " sft lora packed prepare chunked " == *" $1 "* ]]; }

# A side may write more than its result; the result is its last line.
keep() { tail -n 1 | tee -a "$out" >&2; }

mkdir -p "$(dirname "$out")"
: >"$out"
if [[ $busy == 1 ]]; then
  # It looks for this script every now and then, in case that is killed before it can end it.
  (while kill -0 $$; do for ((i = 0; i < 100000; i++)); do :; done; done) >/dev/null 2>&1 &
  # shellcheck disable=SC2064
  trap "kill $!" EXIT
  echo '{"case": "one-core-busy"}' | keep
fi
for each in "${cases[@]}"; do
  IFS=: read -r name precision <<<"$each"
  steps=$(steps_of "$name")
  more=(${precision:+"$precision"})
  if fine_tunes "$name" && [[ -n $precision ]]; then
    echo "compare.sh: $each: the cases that fine-tune are measured in float32; leave :$precision out" >&2
    exit 2
  fi
  if fine_tunes "$name" && [[ ! -f $DATA/conversations.jsonl ]]; then
    mkdir -p "$DATA"
    "$python" "$reference_sft" dump "$DATA"
  fi
  for ((run = 1; run <= runs; run++)); do
    if fine_tunes "$name"; then
      trl "$name" "$steps" | keep
      ours SftBench "$name" "$DATA" "$steps" | keep
    else
      theirs "$name" raw "$steps" "${more[@]}" | keep
      theirs "$name" trainer "$steps" "${more[@]}" | keep
      ours Bench "$name" "$steps" "${more[@]}" | keep
    fi
  done
done
if [[ ${EXTRAS:-0} == 1 ]]; then
  ours SaveStall | keep
fi

"$python" "$here/summary.py" "$out"
