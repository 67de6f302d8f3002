# Saving /etc/hello.ini is all it takes: the port moves, other options are taken over, and what was saved last counts.
set_port() { sed -i "s/^port = .*/port = $1/" /etc/hello.ini; }
served_at() { [[ $(curl --silent --globoff --max-time 5 "http://$1/") == *Hello!* ]]; }
closed() { ! curl --silent --max-time 5 "http://$1/" >/dev/null; }
applied() { [ "$(systemctl is-active hello-config.service)" != activating ] && "$@"; }

same active "$(state_of hello-config.path)" 'hello.ini is watched'
set_port 8081
wait_for served_at 127.0.0.1:8081
ok 'the port moves while the service is down'
closed 127.0.0.1:7878 || fail 'the old port is still open'
ok 'the old one is closed'
set_port 8082
wait_for served_at 127.0.0.1:8082
closed 127.0.0.1:8081 || fail 'the old port is still open'
ok 'and while it runs'
set_port 80
wait_for served_at 127.0.0.1:80
ok 'also to port 80'
like '*hello.socket listens on 127.0.0.1:80*' "$(journal --unit=hello-config.service)" 'the journal says so'
like '*Listen=127.0.0.1:80 (Stream)*' "$(systemctl show hello.socket --property=Listen)" 'and systemd knows'

# As editors save: a new file in the place of the old one, by way of a backup, empty for a moment.
sed 's/^port = .*/port = 8083/' /etc/hello.ini >/etc/hello.ini.new
mv /etc/hello.ini.new /etc/hello.ini
wait_for served_at 127.0.0.1:8083
ok 'a file that is put in the place of hello.ini counts'
mv /etc/hello.ini /etc/hello.ini~
: >/etc/hello.ini
sed 's/^port = .*/port = 8084/' /etc/hello.ini~ >>/etc/hello.ini
wait_for served_at 127.0.0.1:8084
wait_for applied true
same '' "$(journal --unit=hello-config.service --priority=err)" 'a file that is away and empty for a moment is not mistaken for what is meant'
for port in 8091 8092 8093 8094 8095 8096 8097; do set_port $port; done
wait_for served_at 127.0.0.1:8097
ok 'of seven saves in a row, the last one counts'
same active "$(state_of hello-config.path)" 'and hello.ini is watched as before'

before=$(systemctl show --property=InvocationID hello.socket)
sed -i 's/^index = .*/index = 404.html/' /etc/hello.ini
# The service takes the rest over when it reloads.
wait_for applied sh -c 'journalctl --boot --unit=hello.service --output=cat | grep --quiet Reloaded'
same "$before" "$(systemctl show --property=InvocationID hello.socket)" 'another option leaves the socket alone'

systemctl stop hello.socket
sed -i "s/^index = .*/index = hello.html/" /etc/hello.ini
same 'inactive' "$(state_of hello-config.path)" 'a socket that is stopped takes the watch along'
set_port 8099
systemctl start hello.socket
like '*127.0.0.1:8099*' "$(ss --no-header --listening --tcp --numeric)" 'it starts where hello.ini says by then'
served_at 127.0.0.1:8099
like '*Listening on hello.socket*' "$(journal --unit=hello.socket | tail -n 1)" 'and at once'
same active "$(state_of hello-config.path)" 'the watch is there again'
