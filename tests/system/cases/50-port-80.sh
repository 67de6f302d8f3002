# systemd has the port, so any will do, also 80; and any address.
mkdir -p /etc/systemd/system/hello.socket.d
printf '[Socket]\nListenStream=\nListenStream=80\n' >/etc/systemd/system/hello.socket.d/override.conf
systemctl daemon-reload
systemctl restart hello.socket
like '*Hello!*' "$(curl --silent http://127.0.0.1/)" 'port 80 is served over IPv4'
like '*Hello!*' "$(curl --silent --globoff 'http://[::1]/')" 'and over IPv6'
pid=$(property hello.service MainPID)
[ "$(stat --format=%u /proc/$pid)" -ne 0 ] || fail 'by root'
ok 'by no root'
like '*Failed to connect*' "$(page 2>&1 || true)" 'and the old port is closed'
