#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the JMH benchmarks of the hot pieces; arguments go to JMH, such as a pattern of names or -h.
#
#   ./mvnw -q -pl trainer-benchmarks -am process-classes && trainer-benchmarks/jmh.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [[ ! -f $here/target/classpath.txt ]]; then
  echo "jmh.sh: not built; run ./mvnw -q -pl trainer-benchmarks -am process-classes first" >&2
  exit 2
fi
(($#)) || set -- -wi 3 -w 1 -i 5 -r 1 -f 1 -foe true
exec java -cp "$here/target/classes:$(<"$here/target/classpath.txt")" org.openjdk.jmh.Main \
  -jvmArgs "-DOPT_OUT_TRACKING=true -Dai.djl.offline=true -Dai.djl.pytorch.num_threads=${THREADS:-2}" \
  "$@"
