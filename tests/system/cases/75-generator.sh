# A generator that fails: systemd hardly tells, so we do.
served_at() { [[ $(curl --silent --globoff --max-time 5 "http://$1/") == *Hello!* ]]; }
generator=/lib/systemd/system-generators/hellod-generator
sed -i 's/^port = .*/port = 8081/' /etc/hello.ini
wait_for served_at 127.0.0.1:8081
time=$( { TIMEFORMAT=%R; time $generator /run/generated /run/early /run/late; } 2>&1)
same '' "$(diff -r /run/generated/hello.socket.d /run/systemd/generator/hello.socket.d)" 'run by hand, it writes what systemd has'
like '0.0*' "$time" 'in less than a tenth of a second'

printf '#!/bin/sh\nexit 1\n' >$generator.new
mv $generator $generator.old
chmod +x $generator.new
mv $generator.new $generator
systemctl daemon-reload
systemctl restart hello.service || true
wait_for served_at 127.0.0.1:7878
ok 'without it, the socket listens where its unit says'
like '*hello.socket listens on 127.0.0.1:7878, but /etc/hello.ini says 127.0.0.1:8081*' "$(journal --unit=hello.service --priority=warning)" \
    'the service says that this is not where hello.ini wants it'
like '*hello.ini says 127.0.0.1:8081*' "$(systemctl status hello.service)" 'as does systemctl status'
hellod --check >/dev/null 2>&1 && fail 'hellod --check lets it pass'
ok 'and hellod --check'
hellod --apply 2>/run/said && fail 'hellod --apply says that all is well'
like '*has hellod-generator failed?*' "$(cat /run/said)" 'hellod --apply names the suspect'
like '*hellod-generator failed with exit status 1*' "$(journalctl --boot --output=cat --grep hellod-generator)" 'and the journal, looked into as it says, convicts it'
mv $generator.old $generator
hellod --apply
like '*Hello!*' "$(curl --silent http://127.0.0.1:8081/)" 'when it is well again, so are we'
