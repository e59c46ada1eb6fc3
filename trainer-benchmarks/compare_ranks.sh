#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures two processes of one thread beside one process of two threads, at the same global batch, and beside Hugging
# Face's Trainer in two processes (torchrun, gloo), run by run in turn; prints medians.
#
#   ./mvnw -q -pl trainer-benchmarks -am process-classes
#   PYTHON=~/venv/bin/python trainer-benchmarks/compare_ranks.sh bert-tiny gpt2-mini
#
# It needs Open MPI. Environment: PYTHON, RUNS (5), STEPS, JAVA_OPTS and OUT, as compare.sh has them.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
runs=${RUNS:-5}
out=${OUT:-$here/target/compare_ranks.jsonl}
java_opts=${JAVA_OPTS--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmn8m}
cases=("${@:-bert-tiny}")
classpath=${CLASSPATH:-$here/target/classes:$(<"$here/target/classpath.txt")}
export MALLOC_ARENA_MAX=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none

steps_of() {
  case $1 in
    bert-tiny) echo "${STEPS:-300}" ;;
    bert-base) echo "${STEPS:-10}" ;;
    *) echo "${STEPS:-60}" ;;
  esac
}

bench() { # CASE STEPS
  # shellcheck disable=SC2086
  echo java $java_opts -DOPT_OUT_TRACKING=true -Dai.djl.offline=true -cp "$classpath" dev.trainer4j.benchmarks.Bench "$@"
}

keep() { tail -n 1 | tee -a "$out" >&2; }

mkdir -p "$(dirname "$out")"
: >"$out"
for case in "${cases[@]}"; do
  steps=$(steps_of "$case")
  for ((run = 1; run <= runs; run++)); do
    THREADS=2 $(bench "$case" "$steps") | keep
    THREADS=1 OMP_NUM_THREADS=1 RANKS=2 mpirun -n 2 --bind-to none --oversubscribe $(bench "$case" "$steps") | keep
    THREADS=1 OMP_NUM_THREADS=1 RANKS=2 "$(dirname "$python")/torchrun" --nproc_per_node 2 \
      "$here/reference_bench.py" "$case" trainer "$steps" | keep
  done
done

"$python" - "$out" <<'EOF'
import collections, json, statistics, sys
found = collections.defaultdict(list)
for line in map(json.loads, open(sys.argv[1])):
    found[line["case"], line["mode"], line["ranks"]].append(line["steps"] / line["seconds"])
print("| case | one process, 2 threads | 2 processes, 1 thread | HF Trainer, 2 processes | to one process | to HF Trainer |")
print("|---|---|---|---|---|---|")
for case in dict.fromkeys(case for case, _, _ in found):
    one, two, theirs = found[case, "trainer4j", 1], found[case, "trainer4j", 2], found[case, "trainer", 2]
    speeds = " | ".join(f"{statistics.median(side):.1f}" for side in (one, two, theirs))
    ratios = " | ".join(f"{statistics.median(a / b for a, b in zip(two, side)):.2f}x" for side in (one, theirs))
    print(f"| {case} | {speeds} | {ratios} |")
EOF
