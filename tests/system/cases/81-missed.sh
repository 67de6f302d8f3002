# systemd does not watch hello.ini while it is applied, nor for a moment after. What is saved in that moment counts, too.
for n in 1 2 3 4 5 6 7; do
    mkdir -p /srv/$n
    echo "site $n" >/srv/$n/index.html
done

# save PORT SITE: in place, or as a new file.
save() {
    local target=/etc/hello.ini
    if [ $((RANDOM % 2)) -eq 0 ]; then target=/etc/hello.ini.new; fi
    printf '[server]\nport = %d\ndocument_root = /srv/%d\nindex = index.html\n' "$1" "$2" >$target
    if [ $target != /etc/hello.ini ]; then mv $target /etc/hello.ini; fi
}

# Until the helper has ended, and systemd knows it at most for a moment; or, where it had ended before, at once.
await_end() {
    local state=R pid
    pid=$(property hello-config.service MainPID)
    while [ "$pid" != 0 ] && [ "$state" != Z ] && read -r _ _ state _ <"/proc/$pid/stat"; do :; done 2>/dev/null
}

serves() { [ "$(curl --silent --max-time 5 "http://127.0.0.1:$1/")" = "site $2" ]; }

at_rest() { [ "$(state_of hello-config.service) $(state_of hello-config-again.service)" = 'inactive inactive' ]; }

port=8100
page >/dev/null
for ((round = 1; round <= 5; round++)); do
    save $port $((round % 7 + 1))
    wait_for property_is hello-config.service ActiveState activating
    await_end
    site=$(((round + 3) % 7 + 1))
    save $port $site
    wait_for serves $port $site
done
missed=$(journal --unit=hello-config-again.service | grep --count 'was saved once more meanwhile' || true)
ok "five saves as what applies the one before ends count; systemd alone would have missed $missed of them"
wait_for at_rest
ok 'then all is at rest'

systemctl disable --now hello-config.path 2>/dev/null
hellod --apply
wait_for property_is hello-config-again.service ActiveState inactive
save $port $((site % 7 + 1))
systemctl start hello-config-again.service
serves $port $site || fail 'a save was applied though the watch is off'
ok 'where the watch is off, nobody looks'
