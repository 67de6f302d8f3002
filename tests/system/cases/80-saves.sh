# However often hello.ini is saved, and at whatever moment: what is served in the end is what it says.
for n in 1 2 3 4 5 6 7; do
    mkdir -p /srv/$n
    echo "site $n" >/srv/$n/index.html
done
mkfifo /run/nothing
exec 7<>/run/nothing
saves=0

# save PORT SITE: in place, or as a new file.
save() {
    saves=$((saves + 1))
    local target=/etc/hello.ini
    if [ $((RANDOM % 2)) -eq 0 ]; then target=/etc/hello.ini.new; fi
    printf '[server]\nport = %d\ndocument_root = /srv/%d\nindex = index.html\n' "$1" "$2" >$target
    if [ $target != /etc/hello.ini ]; then mv $target /etc/hello.ini; fi
}

# Up to so many milliseconds.
pass_time() { read -r -t "0.$(printf %03d $((RANDOM % $1 + 1)))" _ <&7 || true; }

serves() { [ "$(curl --silent --max-time 5 "http://127.0.0.1:$1/")" = "site $2" ]; }

page >/dev/null
for ((round = 1; round <= 8; round++)); do
    port=$((8100 + round / 3)) site=$((round % 7 + 1))
    for ((n = 0; n < 24; n++)); do
        save $port $((RANDOM % 7 + 1))
        pass_time 40
    done
    pass_time 999
    save $port $site
    wait_for serves $port $site
done
ok "after $saves saves, each last one of eight rows of them counts"
