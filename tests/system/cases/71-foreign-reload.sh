# Between an edit and its application anybody may make systemd read its units anew: the open socket must not be lost.
served_at() { [[ $(curl --silent --globoff --max-time 5 "http://$1/") == *Hello!* ]]; }
set_port() { sed -i "s/^port = .*/port = $1/" /etc/hello.ini; }
systemctl disable --now hello-config.path 2>/dev/null
same 'disabled inactive' "$(systemctl is-enabled hello-config.path || true) $(state_of hello-config.path)" 'one line turns the watching off'

set_port 8081
systemctl daemon-reload
served_at 127.0.0.1:7878
ok 'with the service down, the port is open after a daemon-reload'
set_port 8082
systemctl daemon-reload
served_at 127.0.0.1:7878
ok 'with the service running, too'
systemctl restart hello.service
served_at 127.0.0.1:7878
ok 'and a service that is restarted has its socket'
like '*hello.socket listens on 127.0.0.1:7878, but /etc/hello.ini says 127.0.0.1:8082; ?systemctl reload hello? moves it*' \
    "$(journal --unit=hello.service --priority=warning)" 'it warns, and says what to do'
like 'hello.socket listens on *' "$(journal --unit=hello.service MESSAGE_ID="$(event ADDRESS_DIFFERS)")" 'which is an event'
like '*hello.ini says 127.0.0.1:8082*' "$(systemctl status hello.service)" 'so does systemctl status'
said=$(hellod --check 2>&1) && fail 'hellod --check lets it pass'
like '*hello.socket listens on 127.0.0.1:7878, but /etc/hello.ini says 127.0.0.1:8082*' "$said" 'and hellod --check'
[ "$(journal | grep -c 'no open socket file descriptor left')" -eq 0 ] || fail 'systemd has closed the socket'
ok 'systemd never closed the socket'

systemctl reload hello
served_at 127.0.0.1:8082
ok 'systemctl reload moves the port'
same active "$(state_of hello.service)" 'the service runs'
same success "$(systemctl show --property=Result --value hello.service)" 'and never failed'
systemctl reload hello
served_at 127.0.0.1:8082
ok 'once more, it changes nothing'

set_port 8083
systemctl daemon-reload
systemctl restart hello.socket
wait_for served_at 127.0.0.1:8083
ok 'daemon-reload and a restart of the socket move it, too'
set_port 8084
systemctl restart hello.socket
wait_for served_at 127.0.0.1:8084
ok 'as does a restart of the socket alone'
set_port 8085
systemctl restart hello.service
hellod --apply
served_at 127.0.0.1:8085
ok 'and hellod --apply'
same success "$(systemctl show --property=Result --value hello.service)" 'all that without a failure'

install_package /packages/hellod-0.9.1.deb
same 'disabled inactive' "$(systemctl is-enabled hello-config.path || true) $(state_of hello-config.path)" 'an upgrade does not turn the watching on again'
served_at 127.0.0.1:8085
same active "$(state_of hello.socket)" 'and leaves the socket where it is'
systemctl enable --now hello-config.path 2>/dev/null
set_port 8086
wait_for served_at 127.0.0.1:8086
ok 'enabled again, it watches'
