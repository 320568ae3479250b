#!/bin/sh
# A throwaway PostgreSQL 15 for tests: nothing is kept, nothing is synced.
#   tests/pg.sh start         starts one in a new folder and prints its URL
#   tests/pg.sh stop URL      stops it and removes the folder
#   tests/pg.sh run COMMAND…  starts one, runs COMMAND with SHOUWEN_TEST_PG=URL, stops it
set -eu
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}

as_owner() { # PostgreSQL refuses to run as root
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

start() {
	dir=$(mktemp -d /tmp/shouwen-pg-XXXXXX)
	chmod 755 "$dir"
	[ "$(id -u)" != 0 ] || chown postgres "$dir"
	cd /
	as_owner "$bin/initdb" -D "$dir/db" -U shouwen -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 || {
		cat "$dir/initdb.log" >&2
		rm -rf "$dir"
		exit 1
	}
	# Only the socket in this folder: no port to clash with anybody's.
	as_owner "$bin/pg_ctl" -D "$dir/db" -s -w -t 60 -l "$dir/db/server.log" -o "-k $dir -c listen_addresses='' \
		-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=80 -c shared_buffers=64MB \
		-c unix_socket_permissions=0777 -c log_min_messages=error" start >/dev/null || {
		tail -20 "$dir/db/server.log" >&2
		rm -rf "$dir"
		exit 1
	}
	echo "postgresql:///postgres?host=$dir&user=shouwen"
}

stop() {
	dir=${1#*host=}
	dir=${dir%%&*}
	case $dir in
	/tmp/shouwen-pg-*) ;;
	*)
		echo "not made by this script: $dir" >&2
		exit 2
		;;
	esac
	cd /
	as_owner "$bin/pg_ctl" -D "$dir/db" -s -m immediate -w stop || true
	rm -rf "$dir"
}

case ${1:-} in
start) start ;;
stop) stop "$2" ;;
run)
	shift
	here=$PWD
	url=$(start)
	trap 'stop "$url"' EXIT
	trap 'exit 130' INT TERM
	cd "$here"
	SHOUWEN_TEST_PG=$url "$@"
	;;
*)
	sed -n '2,5p' "$0" >&2
	exit 2
	;;
esac
