# An upgrade keeps the administrator's hello.ini and loses no client. 0.9.2 ships another hello.ini than 0.9.1 and 0.1.0.
sed -i 's/^index = .*/index = 404.html/' /etc/hello.ini
mine=$(cat /etc/hello.ini)
mkdir -p /srv/upgraded
echo upgraded >/srv/upgraded/hello.html
printf '[server]\ndocument_root = /srv/upgraded\n' >/etc/hello/site.ini
systemctl start hello@site.socket
curl --silent --unix-socket /run/hellod/site.socket http://site/ >/dev/null
site_before=$(property hello@site.service InvocationID)
load_start
before=$(property hello.service InvocationID)
socket_before=$(property hello.socket InvocationID)
install_package /packages/hellod-0.9.1.deb
same 0.9.1 "$(dpkg-query --show --showformat='${Version}' hellod)" 'apt upgrades'
same "$mine" "$(cat /etc/hello.ini)" 'hello.ini is as it was'
[ "$before" != "$(property hello.service InvocationID)" ] || fail 'the old program still serves'
ok 'the new program serves'
same "$socket_before" "$(property hello.socket InvocationID)" 'on the socket that was there'
[ "$site_before" != "$(property hello@site.service InvocationID)" ] || fail 'the old program still serves the site'
ok 'on the sites, too'
install_package --option=Dpkg::Options::=--force-confdef --option=Dpkg::Options::=--force-confold /packages/hellod-0.9.2.deb
same "$mine" "$(cat /etc/hello.ini)" 'with another hello.ini in the package, it is as it was'
load_stop
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'no client lost a connection'
like '*Oops!*' "$(page)" 'and it serves as the administrator said'

systemctl stop hello.socket 'hello@*.socket'
systemctl disable --now hello.socket 2>/dev/null
apt-get --quiet=2 --yes --allow-downgrades install /packages/hellod-0.9.1.deb --option=Dpkg::Options::=--force-confold >/dev/null 2>&1
same 'disabled inactive' "$(systemctl is-enabled hello.socket || true) $(state_of hello.socket)" 'what was disabled stays so'
