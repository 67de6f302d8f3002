# Sites of the template are configured by their own files, each for itself.
for site in one two; do
    mkdir -p /srv/$site
    echo "this is $site" >/srv/$site/index.html
done
at() { curl --silent --max-time 5 "$1"; }
printf '[server]\nport = 8001\ndocument_root = /srv/one\nindex = index.html\n' >/etc/hello/one.ini
printf '[server]\ndocument_root = /srv/two\nindex = index.html\n' >/etc/hello/two.ini
systemctl enable --now hello@one.socket hello@two.socket 2>/dev/null
wait_for at http://127.0.0.1:8001/
same 'this is one' "$(at http://127.0.0.1:8001/)" 'a site has the port of its file, which systemd had not even read'
same 'this is two' "$(curl --silent --unix-socket /run/hellod/two.socket http://two/)" 'one that names none has its unix socket'
same 'active active' "$(state_of hello-config@one.path) $(state_of hello-config@two.path)" 'both files are watched'
same '' "$(journal --unit='hello@*' --priority=warning)" 'and all is as the files say'

others=$(systemctl show --property=InvocationID hello.socket hello@two.socket hello@two.service)
sed -i 's/^port = .*/port = 8002/' /etc/hello/one.ini
wait_for at http://127.0.0.1:8002/
same 'this is one' "$(at http://127.0.0.1:8002/)" 'saved with another port, it moves'
printf '[server]\nprot = 8003\n' >/etc/hello/one.ini
wait_for sh -c "journalctl --boot --unit=hello-config@one.service --output=cat | grep --quiet '/etc/hello/one.ini:2: .*did you mean port'"
ok 'a mistake in it is told'
systemctl daemon-reload
same 'this is one' "$(at http://127.0.0.1:8002/)" 'and changes nothing'
same "$others" "$(systemctl show --property=InvocationID hello.socket hello@two.socket hello@two.service)" 'the others were left alone'
printf '[server]\nport = 8003\ndocument_root = /srv/one\nindex = index.html\n' >/etc/hello/one.ini
wait_for at http://127.0.0.1:8003/
like '*/etc/hello/one.ini: OK*hello@one.socket: listens on 127.0.0.1:8003*' "$(hellod --check --config=/etc/hello/one.ini)" 'hellod --check knows whose file it is'
sed -i 's/^port = .*/port = 7878/' /etc/hello/one.ini
wait_for sh -c "journalctl --boot --unit=hello-config@one.service --output=cat | grep --quiet '127.0.0.1:7878 is taken by'"
same 'this is one' "$(at http://127.0.0.1:8003/)" 'the port of another site is taken'

sed -i 's/^port = .*/port = 8004/' /etc/hello/two.ini /etc/hello/one.ini
systemctl disable --now hello@one.socket 2>/dev/null
same 'inactive inactive inactive' "$(state_of hello@one.socket) $(state_of hello@one.service) $(state_of hello-config@one.path)" \
    'a site that is disabled is gone with its watch'
[ ! -e /etc/systemd/system/hello@one.socket.wants/hello-config@one.path ] || fail 'the link of its watch is left'
ok 'and leaves no link'
