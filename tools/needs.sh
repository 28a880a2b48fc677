#!/bin/sh
# Makes sure that the programs are there that the build and the tests start. As root on a system with apt-get, missing
# ones are installed; otherwise it says which they are.
set -eu

missing=
need() { # program, Debian's package
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc gcc
need openssl openssl
need python3 python3

if ! command -v cargo >/dev/null 2>&1; then
	echo 'There is no Rust here: install it from https://rustup.rs' >&2
	exit 1
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "Installing:$missing" >&2
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $missing >/dev/null
else
	echo "Missing; please install:$missing" >&2
	exit 1
fi
