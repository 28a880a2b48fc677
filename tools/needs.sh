#!/bin/sh
# Makes sure that these programs are there: `needs.sh cc openssl`. As root on a system with apt-get, missing ones are
# installed; otherwise it says which they are.
set -eu

missing=
for program in "$@"; do
	package=$program
	[ "$program" = cc ] && package=gcc
	# Debian packs what `python3 -m venv` needs apart.
	[ "$program" = python3-venv ] && python3 -c 'import ensurepip, venv' 2>/dev/null && continue
	command -v "$program" >/dev/null 2>&1 || missing="$missing $package"
done

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
