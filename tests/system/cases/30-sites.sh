# Two sites made of the template, each with its own hello.ini, port, user and sandbox.
for site in one two; do
    mkdir -p /srv/$site
    echo "this is $site" >/srv/$site/index.html
    printf '[server]\ndocument_root = /srv/%s\nindex = index.html\n' $site >/etc/hello/$site.ini
    systemctl enable --now hello@$site.socket 2>/dev/null
done
at() { curl --silent --unix-socket /run/hellod/$1.socket http://localhost/; }
same 'inactive inactive' "$(state_of hello@one.service) $(state_of hello@two.service)" 'two sites wait for their first clients'
same 'this is one' "$(at one)" 'the first is served'
same 'inactive' "$(state_of hello@two.service)" 'by a service of its own'
same 'this is two' "$(at two)" 'the second, too'
like '*Hello!*' "$(page)" 'and the main site as ever'

user_of() { stat --format=%u /proc/"$(property $1 MainPID)"; }
same 3 "$(for unit in hello hello@one hello@two; do user_of $unit.service; done | sort -u | wc -l)" 'they run as three users'

mkdir -p /etc/systemd/system/hello@one.socket.d
printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:8001\n' >/etc/systemd/system/hello@one.socket.d/override.conf
systemctl daemon-reload
systemctl restart hello@one.socket
same 'this is one' "$(curl --silent http://127.0.0.1:8001/)" 'a site can have a port'
systemctl stop hello@one.socket
same 'inactive active active' "$(state_of hello@one.service) $(state_of hello@two.service) $(state_of hello.service)" 'one is stopped, and no other'
systemctl disable --now hello@two.socket 2>/dev/null
[ ! -e /run/hellod/two.socket ] || fail 'the unix socket is left'
ok 'a unix socket goes with its unit'
