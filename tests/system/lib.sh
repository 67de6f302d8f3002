# The words that cases are made of. A case is a script for bash that runs in a booted container of its own, with the
# package installed unless its first lines say "On the bare system."; it ends with the first command that fails.
#
# In the container: /tests is this folder, /packages holds hellod.deb and those of later versions, /programs the
# programs made of the C files here.

readonly url=http://127.0.0.1:7878 hellod=/packages/hellod.deb

# A test has passed.
ok() { echo "ok - $*"; }

fail() {
    echo "not ok - $*"
    exit 1
}

# same WANTED GOT WORDS...
same() {
    local wanted=$1 got=$2
    shift 2
    [ "$got" = "$wanted" ] || fail "$*: got '$got', not '$wanted'"
    ok "$*"
}

# like PATTERN TEXT WORDS...: the text matches the pattern of the shell.
like() {
    local pattern=$1 text=$2
    shift 2
    # shellcheck disable=SC2053
    [[ $text == $pattern ]] || fail "$*: '$pattern' is not in: $text"
    ok "$*"
}

# Tries a command until it succeeds, for 20 seconds.
wait_for() {
    local n
    for ((n = 0; n < 1000; n++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.02 # lint: sleeps, because the shell has no other way to wait for what other processes do
    done
    fail "waited in vain for: $*"
}

# property UNIT NAME: what systemd says of the unit.
property() { systemctl show --property="$2" --value "$1"; }
property_is() { [ "$(property "$1" "$2")" = "$3" ]; }
property_reaches() { [ "$(property "$1" "$2")" -ge "$3" ]; }

state_of() { systemctl is-active "$1" || true; }

# What a path of the site is answered with; curl's status is 22 after an error of HTTP.
page() { curl --silent --show-error --fail --max-time 30 "$url${1-/}"; }

status_of() { curl --silent --output /dev/null --write-out '%{http_code}' --max-time 30 "$url$1"; }

# journal OPTION...: what the socket and the service have said since boot, as text.
journal() {
    journalctl --sync
    journalctl --boot --no-pager --output=cat "$@"
}

# The MESSAGE_ID of an event, by its name in src/event.h.
event() { tr -d '\\\n' </event.h | sed -n "s/.*EVENT_$1 *\"\([0-9a-f]*\)\".*/\1/p"; }

install_package() { apt-get --quiet=2 --yes install "$@" >/dev/null 2>&1; }

# Clients without end, from load_start until load_stop, which sets sums; see load.c.
load_start() {
    /programs/load --port "${load_port:-7878}" --clients 8 "$@" >/run/load &
    load_pid=$!
    wait_for grep --quiet started /run/load
}

load_stop() {
    kill "$load_pid"
    wait "$load_pid"
    sums=$(tail -n 1 /run/load)
}

# The rest of the case runs after a reboot.
reboot_now() {
    systemctl reboot
    exec tail -f /dev/null
}
