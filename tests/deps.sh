#!/bin/bash
# Installs what is missing of the Debian packages for a purpose, and does nothing at all where nothing is missing.
#   tests/deps.sh run | check | browser | deb | system | bench | fuzz
set -u

run=(gcc libc6-dev pkg-config libsystemd-dev libinih-dev systemd media-types)
deb=("${run[@]}" build-essential debhelper libcmocka-dev procps)
# Since Debian 13, where systemd wants its units is told by a package of its own.
if [ "$(sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)" != 12 ]; then deb+=(systemd-dev); fi
check=("${deb[@]}" binutils clang-format clang-tidy cppcheck lintian mandoc shellcheck valgrind)
system=(debian-archive-keyring mmdebstrap systemd-container)
browser=("${run[@]}" chromium fonts-dejavu-core nodejs)
# libFuzzer and the sanitizers come with clang's runtime, of the version that `clang` is: 14 in Debian 12.
fuzz=("${run[@]}" clang libclang-rt-dev libcmocka-dev)
bench=("${run[@]}" libglib2.0-dev procps strace systemd-container valgrind wrk)

case "${1-}" in
run) wanted=("${run[@]}") ;;
check) wanted=("${check[@]}") ;;
browser) wanted=("${browser[@]}") ;;
deb) wanted=("${deb[@]}") ;;
system) wanted=("${system[@]}") ;;
fuzz) wanted=("${fuzz[@]}") ;;
bench) wanted=("${bench[@]}") ;;
*) echo "usage: $0 run | check | browser | deb | system | bench | fuzz" >&2 && exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian system. What it takes goes there by the name of: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Packages are missing. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >>"$log" 2>&1 </dev/null
}

echo "Installing from Debian's packages: ${missing[*]}"
log=$(mktemp) && trap 'rm -f "$log"' EXIT
# The package lists may be absent or too old for what the archive holds now: only then are they fetched.
if ! apt_get install -y --no-install-recommends "${missing[@]}"; then
    : >"$log"
    if ! { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; }; then
        cat "$log" >&2
        exit 1
    fi
fi
