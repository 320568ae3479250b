# Sourced by ./do: the steps of test, check and nightly. Each step adds to the tally; the last line
# is "N passed, N failed" and the exit code follows it.
PASSED=0
FAILED=0
FAILURES=()
mkdir -p "$LOCAL/log"
CHECK_T0=$(date +%s)

# tally NAME RC LOG: counts what a step's log says, or the step itself as one.
tally() {
	local name=$1 rc=$2 log=$3 ok bad
	# every runner of ours ends with "N passed, N failed"; cmocka under meson writes TAP lines
	ok=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*$/\1/p' "$log" | awk '{s+=$1} END {print s+0}')
	bad=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*$/\2/p' "$log" | awk '{s+=$1} END {print s+0}')
	if [ $((ok + bad)) = 0 ]; then
		if [ "$rc" = 0 ]; then ok=1; else bad=1; fi
	elif [ "$rc" != 0 ] && [ "$bad" = 0 ]; then
		bad=1
	fi
	PASSED=$((PASSED + ok))
	FAILED=$((FAILED + bad))
	if [ "$bad" != 0 ]; then
		FAILURES+=("$name")
		printf 'FAIL  %-28s %5ss  (log: %s)\n' "$name" "$((SECONDS - STEP_T0))" "$log"
		tail -n 60 "$log" | sed 's/^/      | /'
	else
		printf 'ok    %-28s %5ss  %s\n' "$name" "$((SECONDS - STEP_T0))" "$ok"
	fi
}

step() { # step NAME COMMAND…
	local name=$1 rc=0 log
	shift
	log=$LOCAL/log/${name//[ \/]/-}.log
	STEP_T0=$SECONDS
	("$@") >"$log" 2>&1 </dev/null || rc=$?
	tally "$name" "$rc" "$log"
}

# beside NAME COMMAND…: the same while the next steps run; beside_end waits for it and counts it. For what needs one core and
# asks no clock.
beside() {
	BESIDE=$1 BESIDE_T0=$SECONDS BESIDE_LOG=$LOCAL/log/${1//[ \/]/-}.log
	shift
	("$@") >"$BESIDE_LOG" 2>&1 </dev/null &
	BESIDE_PID=$!
}
beside_end() {
	local rc=0
	wait "$BESIDE_PID" || rc=$?
	STEP_T0=$BESIDE_T0
	tally "$BESIDE" "$rc" "$BESIDE_LOG"
}

# meson's tests of one build folder and suite; counts the single tests inside the programs
meson_suite() { # meson_suite BUILD [meson test options]
	local dir=$1 rc=0
	shift
	CMOCKA_MESSAGE_OUTPUT=TAP meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes "$JOBS" "$@" || rc=$?
	python3 tools/count-tests.py "$dir/meson-logs/testlog.json" || rc=1
	return $rc
}

check_end() {
	echo
	[ ${#FAILURES[@]} = 0 ] || echo "failed: ${FAILURES[*]}"
	echo "time: $(($(date +%s) - CHECK_T0)) s"
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ]
}

need_tests() {
	apt_need "${APT_BUILD[@]}" "${APT_TEST[@]}"
	step "build" cmd_build
	web_need
}

tests_all() {
	need_tests
	step "unit" meson_suite "$BUILD"
	step "web unit" web_unit
	step "commands" python3 tests/commands/run.py --build "$BUILD"
	beside "real data" python3 tests/import/run.py --build "$BUILD"
	step "api sqlite" python3 tests/api/run.py --build "$BUILD" --store sqlite
	beside_end
	step "api postgres" python3 tests/api/run.py --build "$BUILD" --store postgres
	step "access probe" python3 tests/api/probe.py --build "$BUILD"
	step "two servers" python3 tests/api/two_servers.py --build "$BUILD"
	step "packs more" python3 tests/api/packs_more.py --build "$BUILD"
	step "queues live" python3 tests/api/queues_live.py --build "$BUILD"
	step "limits" python3 tests/api/limits.py --build "$BUILD"
	step "faults" python3 tests/crash/run.py --build "$BUILD" --rounds 20
	step "faults postgres" python3 tests/crash/run.py --build "$BUILD" --store postgres --rounds 20 kill_9 full_disk full_disk_of_copies
	step "mail" python3 tests/mail/run.py --build "$BUILD" --rounds 20
	step "e2e" node tests/e2e/run.mjs --build "$BUILD"
}

web_unit() { cd web && node node_modules/vitest/vitest.mjs run --reporter=dot && echo "1 passed, 0 failed"; }
web_types() { cd web && node node_modules/vue-tsc/bin/vue-tsc.js --noEmit; }
web_budget() { cd web && node scripts/budget.mjs; }

build_clang() { CC=clang-14 build_c "$LOCAL/build-clang" "$@"; }
build_asan() { CC=clang-14 build_c "$LOCAL/build-asan" -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debug -Doptimization=1 -Dfuzz=true; }
build_tsan() { CC=clang-14 build_c "$LOCAL/build-tsan" -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debug -Doptimization=1; }

SAN_ENV=(env ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1)
# a step has a shell of its own, so these exports end with it
asan_unit() { export "${SAN_ENV[@]:1}" && meson_suite "$LOCAL/build-asan" --no-suite postgres --timeout-multiplier 4; }
asan_api() { "${SAN_ENV[@]}" python3 tests/api/run.py --build "$LOCAL/build-asan" --store sqlite; }

tidy_changed() { # CHECK_BASE=REV looks only at what changed since; without it, at every file
	local files
	if [ -n "${CHECK_BASE:-}" ]; then
		files=$(git diff --name-only --diff-filter=d "$CHECK_BASE" -- 'src/*.c')
	else
		files=$(git ls-files 'src/*.c')
	fi
	[ -n "$files" ] || return 0
	echo "$files" | xargs -P "$JOBS" -n 12 clang-tidy-14 --quiet -p "$LOCAL/build-clang"
}

cpp_check() {
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -j "$JOBS" -I src \
		--suppress=missingIncludeSystem --library=tools/cppcheck.cfg -DSHOUWEN_ALLOW_BANNED src
}

stale_files() { python3 tools/check-generated --build "$BUILD"; }

# check: so many inputs from a fixed start, the same for the same program; nightly: so many seconds from a random one
FUZZ_RUNS="filter=2000000 json=800000 pack=80000 csv=30000 holidays=200000"
fuzz_all() { # SECONDS|check [NAME]
	apt_need "${APT_BUILD[@]}" "${APT_CHECK[@]}"
	mkdir -p "$LOCAL"
	[ -f "$LOCAL/build-asan/build.ninja" ] || step "build asan" build_asan
	local name
	for name in ${2:-filter json pack csv holidays}; do
		step "fuzz $name" fuzz_one "$name" "$1"
	done
}
fuzz_one() {
	local corpus=$LOCAL/fuzz/$1 how runs
	if [ "$2" = check ]; then
		corpus=$LOCAL/fuzz/$1-check
		rm -rf "$corpus"
		runs=${FUZZ_RUNS##*"$1="}
		how="-seed=1 -runs=${runs%% *} -max_total_time=90"
	else
		how="-max_total_time=$2"
	fi
	mkdir -p "$corpus"
	# shellcheck disable=SC2086
	"${SAN_ENV[@]}" "$LOCAL/build-asan/tests/fuzz/fuzz_$1" $how -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$LOCAL/fuzz/crash-$1-" "$corpus" "tests/fuzz/seeds/$1" "tests/fuzz/crashes/$1"
}

check_all() {
	apt_need "${APT_BUILD[@]}" "${APT_TEST[@]}" "${APT_CHECK[@]}"
	step "format" tools/check-format
	step "layers" tools/check-layers
	step "sql lint" tools/check-sql
	tests_all
	step "web types" web_types
	step "byte budgets" web_budget
	step "generated files" stale_files
	step "clang" build_clang
	step "clang-tidy" tidy_changed
	step "cppcheck" cpp_check
	step "build asan" build_asan
	step "asan unit" asan_unit
	beside "asan api" asan_api
	fuzz_all check
	beside_end
}

nightly_all() {
	apt_need "${APT_BUILD[@]}" "${APT_TEST[@]}" "${APT_CHECK[@]}" "${APT_BENCH[@]}"
	need_tests
	step "filter 20000" tests/pg.sh run "$BUILD/tests/filter/property" --cases 20000
	step "clocks 100000" "$BUILD/tests/clocks/property_clocks" --cases 100000
	step "owners 100000" "$BUILD/tests/owners/model_owners" --ops 100000 --threads 8
	step "owners 100000 postgres" tests/pg.sh run "$BUILD/tests/owners/model_owners" --ops 100000 --threads 8
	step "route 1000000" "$BUILD/tests/route/simulate_route" --arrivals 1000000
	step "mail away for an hour" python3 tests/mail/run.py --build "$BUILD" --outage 3600 away
	step "build tsan" build_tsan
	step "tsan api" env TSAN_OPTIONS=halt_on_error=1 python3 tests/api/run.py --build "$LOCAL/build-tsan" --store sqlite
	fuzz_all 600
	step "bench" python3 bench/run.py --build "$BUILD" --full
}
