#!/usr/bin/env bash
# Builds the fuzzers, seeds them from the published vectors, and runs each in turn.
#
#     Tests/Fuzz/run.sh --minutes 20 [Transaction Script ...]
#
# Everything stays under .build-fuzz: corpora in corpus/, finds in crashes/, one line a run in runs.log.
# A find ends that target's run; the others follow.  The status is 1 when there was any.
set -uo pipefail
cd "$(dirname "$0")/../.."

minutes=20
build=1
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --minutes) minutes=$2; shift 2 ;;
    --no-build) build=0; shift ;;
    *) targets+=("$1"); shift ;;
    esac
done
if [ ${#targets[@]} -eq 0 ]; then
    for folder in Tests/Fuzz/Fuzz*/; do
        name=$(basename "$folder")
        targets+=("${name#Fuzz}")
    done
fi

export CELLBLOCK_FUZZ=1 CELLBLOCK_PURE=1
# The package manager orders the sanitizers at random, and builds all anew when the order changes.
export SWIFT_DETERMINISTIC_HASHING=1
# The crash handler outlives its program and would hold the output open.
export SWIFT_BACKTRACE=enable=no
# What OpenSSL and RocksDB keep for themselves is no leak of ours.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
place=.build-fuzz
mkdir -p $place/crashes $place/logs
python3 Tests/Fuzz/seeds.py $place/seeds || exit 2

# Sets `used` to the CPU seconds of all programs that have ended so far.  `times` tells only in this very shell.
count_seconds() {
    times >$place/times.$$
    used=$(awk 'NR == 2 { split($0, part, /[ms ]+/); print int(60 * part[1] + part[2] + 60 * part[3] + part[4]) }' $place/times.$$)
}

found=0
for target in "${targets[@]}"; do
    if [ $build = 1 ]; then
        # Of several `-sanitize` the compiler heeds the last, and the package manager gives them in an order of its own:
        # without the last argument either the addresses go unchecked or the engine has no coverage to steer by.
        swift build --scratch-path $place -c release --product "Fuzz$target" \
            --sanitize address --sanitize fuzzer -Xswiftc -sanitize=address,fuzzer >"$place/logs/build-$target.log" 2>&1 ||
            { tail -20 "$place/logs/build-$target.log"; exit 2; }
    fi
    mkdir -p "$place/corpus/$target" "$place/seeds/$target"
    # CPU time is what counts, and a busy machine gives less of it than the clock says: slice after slice until it is enough.
    spent=0
    total=0
    status=0
    while [ $spent -lt $((minutes * 60)) ] && [ $status -eq 0 ]; do
        log=$place/logs/$target-$(date +%s).log
        slice=$((minutes * 60 - spent))
        [ $slice -le 300 ] || slice=300
        count_seconds
        before=$used
        "$place/release/Fuzz$target" -max_total_time=$slice -max_len=65536 -timeout=240 -rss_limit_mb=1500 \
            -print_final_stats=1 -artifact_prefix="$place/crashes/$target-" \
            "$place/corpus/$target" "$place/seeds/$target" >"$log" 2>&1
        status=$?
        count_seconds
        spent=$((spent + used - before + 1))
        runs=$(grep -oP 'number_of_executed_units:\s*\K\d+' "$log" | tail -1)
        total=$((total + ${runs:-0}))
    done
    echo "$(date -u +%FT%TZ) $target: $spent CPU seconds, $total executions, $((total / (spent + 1))) a CPU second, status $status" |
        tee -a $place/runs.log
    if [ $status -ne 0 ]; then
        found=1
        grep -m3 -E 'ERROR|Fatal error|SUMMARY' "$log"
    fi
done
exit $found
