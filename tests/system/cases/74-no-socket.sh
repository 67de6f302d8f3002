# A service that is started without a socket says so and heals itself: the socket's unit was changed under it.
served_at() { [[ $(curl --silent --globoff --max-time 5 "http://$1/") == *Hello!* ]]; }
page >/dev/null
mkdir -p /etc/systemd/system/hello.socket.d
printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:8081\n' >/etc/systemd/system/hello.socket.d/override.conf
systemctl daemon-reload
like '*no open socket file descriptor left*' "$(journal --unit=hello.socket)" 'the socket has lost what it had open'
like '*Hello!*' "$(page)" 'the service goes on with it'
systemctl restart hello.service 2>/dev/null || true
wait_for served_at 127.0.0.1:8081
ok 'restarted, it soon serves where the unit says'
said=$(journal --unit=hello.service --priority=err)
like '*hello.socket has passed no socket: its unit was changed and it was not restarted since; ?systemctl restart hello.socket?*' "$said" \
    'the journal names cause and cure'
event=$(event NO_SOCKET)
like '*Started without a socket*' "$(journal --unit=hello.service MESSAGE_ID="$event")" 'and has an event of it'
like '*hello.service was passed no socket*restarting hello.socket*' "$(journal --unit=hello-config.service)" 'and what was done about it'
same 'active active' "$(state_of hello.socket) $(state_of hello.service)" 'all is up'
like '*listens on 127.0.0.1:8081 by settings of its own*' "$(hellod --check)" 'hellod --check takes what the admin says of the unit as meant'
like '*listens on 127.0.0.1:8081 by settings of its own*' "$(journal --unit=hello.service)" 'so does the service'

sed -i 's/^port = .*/port = 8082/' /etc/hello.ini
wait_for sh -c 'journalctl --boot --unit=hello-config.service --output=cat | grep --quiet "address and port of /etc/hello.ini .*count"'
like '*Hello!*' "$(curl --silent http://127.0.0.1:8081/)" 'systemctl edit has the last word: another port in hello.ini changes nothing'
rm -r /etc/systemd/system/hello.socket.d
printf '[Socket]\nListenStream=127.0.0.1:8083\nService=hello.service\n' >/etc/systemd/system/hello.socket
systemctl daemon-reload
systemctl restart hello.socket
like '*Hello!*' "$(curl --silent http://127.0.0.1:8083/)" 'so has a unit file of the admin'
[ ! -e /run/systemd/generator/hello.socket.d ] || fail 'the generator adds to it'
ok 'to which nothing is added'
