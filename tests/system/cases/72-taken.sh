# A port that is taken: the old one goes on, and the journal says by whom it is taken.
served_at() { [[ $(curl --silent --globoff --max-time 5 "http://$1/") == *Hello!* ]]; }
set_port() { sed -i "s/^port = .*/port = $1/" /etc/hello.ini; }
not_applied() { journal --unit=hello-config.service | grep --quiet 'hello.ini is not applied'; }
listening() { ss --no-header --listening --tcp --numeric "( sport = :$1 )" | grep --quiet .; }
systemd-run --quiet --unit=squatter systemd-socket-activate --listen=127.0.0.1:8081 cat
wait_for listening 8081
page >/dev/null
before=$(systemctl show --property=InvocationID hello.socket hello.service)
set_port 8081
wait_for not_applied
like '*/etc/hello.ini: 127.0.0.1:8081 is taken by systemd-socket- (process *, squatter.service)*hello.socket goes on listening on 127.0.0.1:7878*' \
    "$(journal --unit=hello-config.service --priority=err)" 'the journal says what is taken, and by whom'
same "$before" "$(systemctl show --property=InvocationID hello.socket hello.service)" 'neither socket nor service was touched'
served_at 127.0.0.1:7878
ok 'the old port goes on'
systemctl daemon-reload
systemctl restart hello.service
served_at 127.0.0.1:7878
ok 'also after a daemon-reload and a restart of the service'
if systemctl reload hello 2>/dev/null; then fail 'systemctl reload says that all is well'; fi
ok 'systemctl reload fails'
served_at 127.0.0.1:7878
ok 'and the old port goes on'
said=$(hellod --check 2>&1) && fail 'hellod --check lets it pass'
ok 'hellod --check fails'

systemctl stop squatter
hellod --apply
served_at 127.0.0.1:8081
ok 'once it is free, hellod --apply moves there'

# All addresses at that port: our own is in the way, and is to be left.
sed -i 's/^address = .*/address = 0.0.0.0 ::/' /etc/hello.ini
wait_for served_at '[::1]:8081'
served_at 127.0.0.1:8081
ok 'from one address to all of them, on the same port'

# What can't be foreseen: systemd fails to listen there.
sed -i 's|^address = .*|address = /proc/hello.sock|' /etc/hello.ini
wait_for sh -c 'journalctl --boot --unit=hello-config.service --output=cat | grep --quiet "hello.socket goes back to"'
wait_for served_at 127.0.0.1:8081
ok 'where the socket fails to start at its new address, it goes back to the old ones'
systemctl daemon-reload
served_at 127.0.0.1:8081
same 'active active' "$(state_of hello.socket) $(state_of hello-config.path)" 'for good, and hello.ini is watched as before'
sed -i 's|^address = .*|address = 127.0.0.1|' /etc/hello.ini
wait_for sh -c 'systemctl show hello.socket --property=Listen | grep --quiet 127.0.0.1'
wait_for served_at 127.0.0.1:8081
ok 'until hello.ini says better'
