# A reload replaces the program in its place: the process stays, every connection goes on, a wrong hello.ini changes nothing.
systemctl disable --now hello-config.path 2>/dev/null
mkdir -p /srv/site
echo one >/srv/site/hello.html
head -c 60000000 /dev/urandom >/srv/site/large
sed -i 's,^document_root = .*,document_root = /srv/site,' /etc/hello.ini
systemctl restart hello.service
same one "$(page)" 'the site is there'
pid=$(property hello.service MainPID)

load_start
for n in 1 2 3 4 5 6 7 8 9 10; do
    systemctl reload hello.service
done
load_stop
like 'ok=[1-9]* refused=0 reset=0 empty=0 short=0 wrong=0 late=0 *' "$sums" 'ten reloads under load: no client noticed'
same "$pid" "$(property hello.service MainPID)" 'the process is the same'
like '*Reloaded: *' "$(journal --unit=hello.service)" 'the journal tells of it'

curl --silent --limit-rate 20M --output /run/large "$url/large" &
download=$!
wait_for test -s /run/large
systemctl reload hello.service
wait $download
cmp /run/large /srv/site/large
ok 'a download that began before a reload ended after it, byte for byte'

mkdir -p /srv/other
echo two >/srv/other/hello.html
sed -i 's,^document_root = .*,document_root = /srv/other,' /etc/hello.ini
systemctl reload hello.service
same two "$(page)" 'a reload brings a new document root into force'
same "$pid" "$(property hello.service MainPID)" 'in the same process'

sed -i 's/^pool_size = .*/pool_size = none/' /etc/hello.ini
if systemctl reload hello.service; then fail 'a reload with a wrong hello.ini succeeds'; fi
ok 'a reload with a wrong hello.ini fails'
like '*hello.ini:*pool_size = none*' "$(journal --unit=hello.service)" 'the journal says where it is wrong'
like '*has mistakes and is not used*' "$(journal MESSAGE_ID="$(event CONFIG_REFUSED)")" 'and has an event of it'
like '*Reloaded: *' "$(journal MESSAGE_ID="$(event RELOADED)")" 'as are the reloads before'
journalctl --sync
like '*A mistake in the configuration of hellod*hellod --check*' "$(journalctl --boot --no-pager --catalog MESSAGE_ID="$(event CONFIG_REFUSED)")" 'journalctl -x explains it'
same two "$(page)" 'the server goes on as it was'
same "active $pid" "$(state_of hello.service) $(property hello.service MainPID)" 'in the same process'

sed -i 's/^pool_size = .*/pool_size = 4/' /etc/hello.ini
program=$(readlink --canonicalize /usr/sbin/hellod)
mv "$program" "$program.whole"
printf '#!/bin/sh\nexit 1\n' >"$program"
chmod 755 "$program"
systemctl kill --kill-whom=main --signal=HUP hello.service
refused() { [ -n "$(journal --unit=hello.service MESSAGE_ID="$(event NOT_RELOADED)")" ]; }
wait_for refused
mv "$program.whole" "$program"
like 'Not reloaded, going on as before: *' "$(journal --unit=hello.service MESSAGE_ID="$(event NOT_RELOADED)")" 'a broken program is refused, which is an event'
same two "$(page)" 'and the server goes on'
same "active $pid" "$(state_of hello.service) $(property hello.service MainPID)" 'in the process that it was'
