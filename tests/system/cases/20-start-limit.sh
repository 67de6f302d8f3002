# A wrong configuration doesn't close the port, however often the service fails; once it is right, those who wait are served.
good=$(cat /etc/hello.ini)
sed -i 's/^port = .*/prot = 80/' /etc/hello.ini
for n in 1 2 3 4 5 6 7; do
    if systemctl restart hello.service 2>/dev/null; then fail 'a wrong configuration was started'; fi
done
ok 'seven starts with a wrong configuration fail'
same active "$(state_of hello.socket)" 'the socket is open nevertheless'
line=$(grep --line-number '^prot' /etc/hello.ini | cut --delimiter=: --fields=1)
like "*/etc/hello.ini:$line: *prot = 80: unknown key, did you mean port?*" "$(journal --unit=hello.service)" \
    'the journal tells file, line and cure'
like "*status=78*" "$(systemctl status hello.service || true)" 'systemctl status tells that it is the configuration'

/programs/load --clients 50 --requests 50 >/run/waiting &
client=$!
wait_for property_reaches hello.service NRestarts 3
same active "$(state_of hello.socket)" 'nor do clients who wait close it'
echo "$good" >/etc/hello.ini
wait $client
like 'ok=50 refused=0 reset=0 *' "$(tail -n 1 /run/waiting)" 'once it is right, all who waited are served'

for n in 1 2 3 4 5 6 7; do systemctl restart hello.service; done
for n in 1 2 3 4 5 6 7; do systemctl restart hello.socket; done
same active "$(state_of hello.socket)" 'nor do seven quick restarts of a right one, of service and of socket'
like '*Hello!*' "$(page)" 'it serves'
