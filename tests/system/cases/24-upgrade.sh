# An upgrade keeps the administrator's hello.ini, and every connection: what runs replaces itself by the new program.
# 0.9.2 ships another hello.ini than 0.9.1 and 0.1.0.
mkdir -p /srv/upgraded
echo upgraded >/srv/upgraded/hello.html
printf '[server]\ndocument_root = /srv/upgraded\n' >/etc/hello/site.ini
head -c 60000000 /dev/urandom >/srv/upgraded/large
cp /usr/share/hellod/www/404.html /srv/upgraded
sed -i 's/^index = .*/index = 404.html/; s,^document_root = .*,document_root = /srv/upgraded,; s/^send = .*/send = 5min/' /etc/hello.ini
systemctl start hello.service hello@site.socket
systemctl reload hello.service
mine=$(cat /etc/hello.ini)
curl --silent --unix-socket /run/hellod/site.socket http://site/ >/dev/null
systemctl start hello@site.service
# What runs: the processes, since when, and whether the installed program is what they execute.
running() { property hello.service MainPID; property hello@site.service MainPID; }
programs() { for pid in $(running); do readlink "/proc/$pid/exe"; done; }
before=$(running)
socket_before=$(property hello.socket InvocationID)
same '/usr/lib/hellod/hellod /usr/lib/hellod/hellod' "$(programs | xargs)" 'server and site run'

load_start
# A client who takes the rest of it when he is told to.
mkfifo /run/rest
curl --silent "$url/large" | { head --bytes=1000000 && read -r </run/rest && cat; } >/run/large &
download=$!
wait_for test -s /run/large
install_package /packages/hellod-0.9.1.deb
same '0.9.1 hellod 0.9.1' "$(dpkg-query --show --showformat='${Version}' hellod) $(hellod --version)" 'apt upgrades'
same "$mine" "$(cat /etc/hello.ini)" 'hello.ini is as it was'
same "$before" "$(running)" 'the processes are the same'
same '/usr/lib/hellod/hellod /usr/lib/hellod/hellod' "$(programs | xargs)" 'and execute the new program'
same "$socket_before" "$(property hello.socket InvocationID)" 'on the socket that was there'
like '*Reloaded: *; it was hellod 0.1.0; nothing has changed in the configuration*' "$(journal --unit=hello.service)" \
    'the journal tells of it, and what it was before'
like '*Reloaded: *' "$(journal --unit=hello@site.service)" 'for the site, too'
echo >/run/rest
wait $download
cmp /run/large /srv/upgraded/large
ok 'a download that began in the old version ended in the new one, byte for byte'
install_package --option=Dpkg::Options::=--force-confdef --option=Dpkg::Options::=--force-confold /packages/hellod-0.9.2.deb
same "$mine" "$(cat /etc/hello.ini)" 'with another hello.ini in the package, it is as it was'
load_stop
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'no client lost a connection'
same "$before" "$(running)" 'after two upgrades the processes are the same'
like '*Oops!*' "$(page)" 'and it serves as the administrator said'

# With a mistake in hello.ini a new process would not start: the old one goes on.
systemctl disable --now hello-config.path 2>/dev/null
sed -i 's/^pool_size = .*/pool_size = none/' /etc/hello.ini
said=$(apt-get --quiet=2 --yes --allow-downgrades install /packages/hellod-0.9.1.deb --option=Dpkg::Options::=--force-confold 2>&1)
like '*hello.service goes on as the version before*' "$said" 'with a mistake in hello.ini, an upgrade says that the server goes on as it was'
same "$before" "$(running)" 'no process has ended'
same '/usr/lib/hellod/hellod (deleted) /usr/lib/hellod/hellod' "$(programs | xargs)" 'the one with the mistake executes the old program'
like '*Oops!*' "$(page)" 'and serves'
sed -i 's/^pool_size = .*/pool_size = 2/' /etc/hello.ini
systemctl reload hello.service
same '/usr/lib/hellod/hellod /usr/lib/hellod/hellod' "$(programs | xargs)" 'once the mistake is corrected, a reload brings the new one in'

systemctl stop hello.socket 'hello@*.socket'
systemctl disable --now hello.socket 2>/dev/null
install_package --option=Dpkg::Options::=--force-confold /packages/hellod-0.9.2.deb
same 'disabled inactive' "$(systemctl is-enabled hello.socket || true) $(state_of hello.socket)" 'what was disabled stays so'
same 'inactive inactive' "$(state_of hello.service) $(state_of hello@site.service)" 'and what was stopped'
