#!/bin/sh
# Makes sure that the active Rust toolchain can build for wasm32-wasip2.
#
# In this order, and nothing more than is needed:
#   1. A std for the target that this rustc can load is there: silent, exit 0.
#   2. rustup manages the active toolchain: `rustup target add wasm32-wasip2`.
#   3. Otherwise the std is built from Debian's packages `rust-src` (of exactly
#      rustc's version) and `wasi-libc`, fetched from the mirror that the
#      machine's own apt sources name, and put into the toolchain's sysroot.
#      The system's apt lists and packages stay as they are. Needs apt-get, a
#      writable sysroot (root or not), and cargo's registry for std's dependencies.
#
# Environment:
#   SWITCHBOARD_BUILD_STD=1  go to step 3 at once and replace any std that is
#                            there. For testing the recipe on a copy of a
#                            toolchain: rustup can no longer update or remove
#                            a component of its own that was replaced so.
#   RUSTC                    the compiler to serve, as cargo understands it.
#   TMPDIR                   where to build (about 300 MB, files executable).
set -eu
umask 022
LC_ALL=C
export LC_ALL

target=wasm32-wasip2
suite=trixie-backports
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
force=${SWITCHBOARD_BUILD_STD:-0}

say() { printf 'wasm-target: %s\n' "$*" >&2; }

fail() {
    say "error: $1"
    [ $# -lt 2 ] || tail -n 12 "$2" | sed 's/^/    /' >&2
    say "ways to get the std of $target for rustc ${version:-?}:"
    say "  - install rustup and run: rustup target add $target"
    case ${sysroot:-} in
    /usr | /usr/lib/*) say "  - this rustc is the distribution's: install its package libstd-rust-dev-wasm32" ;;
    *) say "  - copy lib/rustlib/$target from the sysroot of the same rustc version on another machine" ;;
    esac
    exit 1
}

# loads SYSROOT: is there a std of rustc's own version, whole enough to load?
# Asks for no more than dependency information, which needs no place to write.
loads() {
    set -- "$1" "$1/lib/rustlib/$target"/lib/libstd-*.rlib
    [ -f "$2" ] || return 1
    echo 'pub fn f() { println!() }' |
        "$rustc" --sysroot "$1" --target "$target" --crate-type lib --emit dep-info=- - \
            >/dev/null 2>&1
}

# links SYSROOT LOG: both start files, libc and the bitcode for fat LTO are there.
links() {
    for type in bin cdylib; do
        echo 'pub fn main() { println!() }' |
            "$rustc" --sysroot "$1" --target "$target" --crate-type "$type" \
                --crate-name check -C lto=fat -C panic=abort -o "$tmp/check.wasm" - >"$2" 2>&1 ||
            return 1
    done
}

make_tmp() {
    [ -z "$tmp" ] || return 0
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/wasm-target.XXXXXX") || fail "no temporary directory"
}

works() {
    loads "$1" || return 1
    # Only a std that lacks the usual libc costs the slow check.
    [ -f "$1/lib/rustlib/$target/lib/self-contained/libc.a" ] && return 0
    make_tmp
    links "$1" "$tmp/log"
}

tmp=
stage=
trap '[ -z "$tmp" ] || rm -rf "$tmp"; [ -z "$stage" ] || rm -rf "$stage"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

rustc=${RUSTC:-rustc}
command -v "$rustc" >/dev/null || fail "there is no $rustc"
sysroot=$("$rustc" --print sysroot)
# Past rustup's proxies: faster, and the directory we are in no longer matters.
[ ! -x "$sysroot/bin/rustc" ] || rustc=$sysroot/bin/rustc
dest=$sysroot/lib/rustlib/$target

if [ "$force" != 1 ] && works "$sysroot"; then exit 0; fi

about=$("$rustc" -vV)
version=$(printf '%s\n' "$about" | sed -n 's/^release: //p')
commit=$(printf '%s\n' "$about" | sed -n 's/^commit-hash: //p')
"$rustc" --print target-list | grep -qx "$target" ||
    fail "rustc $version does not know $target: update it first"
make_tmp
log=$tmp/log

# --- rustup ---

if [ "$force" != 1 ] && command -v rustup >/dev/null; then
    # Another rustc may come first on the PATH: rustup would alter the wrong one.
    managed=$(rustup which rustc 2>/dev/null) && managed=$("$managed" --print sysroot) || managed=
    if [ "$managed" = "$sysroot" ]; then
        say "adding $target with rustup"
        # What an earlier run built for another version would be in rustup's way.
        [ ! -e "$dest/built-from-source" ] || rm -rf "$dest" || :
        bound=
        ! command -v timeout >/dev/null || bound='timeout 300'
        # shellcheck disable=SC2086 # the bound is two words, or none
        if $bound rustup target add "$target" </dev/null >"$log" 2>&1; then
            if works "$sysroot"; then exit 0; fi
            say "rustup has it, but rustc cannot use it"
        else
            say "rustup could not: $(grep -m1 '^error' "$log" || echo 'no answer in time')"
        fi
    else
        say "rustup does not manage the active toolchain"
    fi
fi

# --- The std from its source ---

[ -w "$sysroot/lib/rustlib" ] ||
    fail "cannot write to $sysroot/lib/rustlib: run this as its owner, or use a toolchain of your own"
for tool in apt-get apt-cache dpkg-deb; do
    command -v $tool >/dev/null ||
        fail "no $tool here: the std can only be built from Debian packages"
done
[ -r "$keyring" ] || fail "no $keyring (Debian package debian-archive-keyring)"

cargo=$sysroot/bin/cargo
[ -x "$cargo" ] || cargo=$(command -v cargo) || fail "there is no cargo"

# The mirrors that this machine uses for Debian itself; apt reads its own formats.
codename=$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([a-z]*\).*/\1/p' /etc/os-release 2>/dev/null || :)
mirrors=$(apt-get --print-uris update 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/\([^/]*\)/InRelease'.*|\1 \2|p" |
    awk -v own="$codename" '
        $2 == own || $2 ~ /^(trixie|stable|testing|unstable|sid)$/ { if (!seen[$1]++) print $1 }')
[ -n "$mirrors" ] || fail "apt's sources name no Debian mirror"

mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/archives/partial" "$tmp/debs" "$tmp/root"
# The sandbox user could not enter our directory; the hooks concern the system's lists.
cat >"$tmp/apt/conf" <<END
Dir::Etc::sourcelist "$tmp/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::Lists "$tmp/apt/lists";
Dir::Cache "$tmp/apt";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END

found=
for mirror in $mirrors; do
    say "reading $suite from $mirror"
    echo "deb [target=Packages signed-by=$keyring] $mirror $suite main" >"$tmp/apt/sources.list"
    apt-get -qq -c "$tmp/apt/conf" update >"$log" 2>&1 || continue
    # An unreachable mirror is only a warning to apt.
    [ -n "$(apt-cache -c "$tmp/apt/conf" madison wasi-libc)" ] || continue
    found=$mirror
    break
done
[ -n "$found" ] || fail "no mirror that apt's sources name has $suite" "$log"

source=$sysroot/lib/rustlib/src/rust
set -- wasi-libc
[ -f "$source/library/Cargo.lock" ] || {
    source=$tmp/root/usr/src/rustc-$version
    set -- wasi-libc "rust-src=$version*"
    offered=$(apt-cache -c "$tmp/apt/conf" madison rust-src |
        sed 's/.*| *\([0-9][^+ ]*\).*| .*/\1/' | sort -u | tr '\n' ' ')
    case " $offered" in
    *" $version "*) ;;
    *) fail "$suite has rust-src ${offered:-in no version }but not $version" ;;
    esac
}

say "downloading $*"
(cd "$tmp/debs" && apt-get -qq -c "$tmp/apt/conf" download "$@") >"$log" 2>&1 ||
    fail "the download of $* failed" "$log"
# Of rust-src only the library: the rest is most of it, and slow.
for deb in "$tmp"/debs/*.deb; do
    case ${deb##*/} in
    rust-src*) part=./usr/src/rustc-$version/library ;;
    *) part=./usr/lib/$target ;;
    esac
    { dpkg-deb --fsys-tarfile "$deb" | tar -xC "$tmp/root" "$part"; } 2>"$log" ||
        fail "cannot unpack ${deb##*/}" "$log"
done
[ -f "$source/library/Cargo.lock" ] || fail "Debian's rust-src has no library/Cargo.lock"
libc=$tmp/root/usr/lib/$target
[ -f "$libc/libc.a" ] || fail "Debian's wasi-libc has no libc.a for $target"

# A sysroot of links, with the source and without the target, so that nothing
# is written to the real one before the std is finished and checked.
shadow=$tmp/sysroot
mkdir -p "$shadow/lib/rustlib/src" "$tmp/crate/src"
for entry in "$sysroot"/lib/rustlib/*; do
    case ${entry##*/} in
    src | "$target") ;;
    *) ln -s "$entry" "$shadow/lib/rustlib/" ;;
    esac
done
ln -s "$source" "$shadow/lib/rustlib/src/rust"
cat >"$tmp/rustc" <<END
#!/bin/sh
exec "$rustc" --sysroot "$shadow" "\$@"
END
chmod +x "$tmp/rustc"

: >"$tmp/crate/src/lib.rs"
cat >"$tmp/crate/Cargo.toml" <<END
[package]
name = "nothing"
version = "0.0.0"
edition = "2021"

[workspace]
END

say "building the std of rustc $version (about half a minute)"
(
    # Keep the user's settings for network and registries only.
    for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
        case $name in
        CARGO_HOME | CARGO_BUILD_JOBS | CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTR* | CARGO_SOURCE_*) ;;
        CARGO* | __CARGO* | RUSTFLAGS | RUSTC_* | RUSTDOC*) unset "$name" ;;
        esac
    done
    # Without bitcode fat LTO fails; with the remapping no temporary path is in
    # panic messages. 037 separates flags: a path may hold a space.
    CARGO_ENCODED_RUSTFLAGS=$(printf -- '-Cembed-bitcode=yes\037--remap-path-prefix=%s=/rustc/%s\037--remap-path-prefix=%s=/rustc/%s' \
        "$source" "$commit" "$shadow/lib/rustlib/src/rust" "$commit")
    # Set, not only unset: a cargo configuration may name others.
    RUSTC_WRAPPER='' RUSTC_WORKSPACE_WRAPPER=''
    CARGO_BUILD_BUILD_DIR=$tmp/target
    RUSTC=$tmp/rustc RUSTC_BOOTSTRAP=1
    export CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
    export CARGO_BUILD_BUILD_DIR RUSTC RUSTC_BOOTSTRAP
    cd "$tmp/crate"
    exec "$cargo" build --release -Zbuild-std=std,panic_abort,test \
        --target "$target" --target-dir "$tmp/target" </dev/null
) >"$log" 2>&1 || fail "the build of the std failed" "$log"

# Next to its place, so that a rename puts it there whole.
stage=$(mktemp -d "$sysroot/lib/rustlib/.$target.XXXXXX")
mkdir -p "$stage/new/lib/self-contained"
take() {
    find "$tmp/target/$target/release" -name "lib*-*.$1" ! -name 'libnothing-*' \
        -exec cp {} "$stage/new/lib/" \;
}
take rlib
cp "$libc/libc.a" "$libc/crt1-command.o" "$libc/crt1-reactor.o" "$stage/new/lib/self-contained/"
echo "$version" >"$stage/new/built-from-source"

say "checking it"
ln -s "$stage/new" "$shadow/lib/rustlib/$target"
# A cargo may leave but a stub of the metadata in the .rlib; else this would double the size.
loads "$shadow" || take rmeta
loads "$shadow" || fail "rustc cannot load the std that was built"
links "$shadow" "$log" || fail "a program does not link with the std that was built" "$log"

if [ -e "$dest" ] || [ -L "$dest" ]; then
    # Another run may have been faster.
    if [ "$force" != 1 ] && works "$sysroot"; then exit 0; fi
    mv -T "$dest" "$stage/old"
    say "replacing the std that was there: remove target directories built with it"
fi
mv -T "$stage/new" "$dest" || works "$sysroot" || fail "cannot write $dest"
say "rustc $version can now build for $target"
