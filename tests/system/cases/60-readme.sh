# On the bare system. The README's section Install, word by word, as a new user follows it; the package is there already.
cd /root
mkdir build
section=$(awk '/^## / { on = $0 == "## Install" } on' /README.md)
commands=$(grep '^    ' <<<"$section" | grep --invert-match 'make deb$')
file=$(grep --only-matching 'build/hellod_[^ ]*\.deb' <<<"$commands")
cp "$hellod" "$file"
# shellcheck disable=SC2016 # dpkg-deb fills it in
same "$(dpkg-deb --show --showformat='build/${Package}_${Version}_${Architecture}.deb' "$hellod")" "$file" 'the README names the file that make deb makes'
bash -e -o pipefail -c "$commands" >/run/said 2>&1 </dev/null || fail "the README's commands fail: $(cat /run/said)"
ok "$(wc -l <<<"$commands") commands of the README work"
said=$(cat /run/said)
like '*<h1>Hello!</h1>*/etc/hello.ini: OK*<h1>This is mine.</h1>*<h1>This is mine.</h1>*' "$said" 'and do what it says'

score=$(systemd-analyze security --no-pager hello | tail -n 1)
like '*: 0.[12] *' "$score" 'the score is as it says'
for unit in $(grep --only-matching 'hello@*[a-z]*\.socket' <<<"$section" | sort --unique); do
    same active "$(state_of $unit)" "$unit is active"
done
like '*Serving /srv/www*' "$(journal -u 'hello.*')" 'the journal is where it says'
systemctl stop hello 2>/dev/null
same 'inactive active' "$(state_of hello.service) $(state_of hello.socket)" 'a stop of hello is what it says'
apt-get --quiet=2 --yes purge hellod >/dev/null 2>&1
same '/etc/hello/second.ini' "$(find /etc/hello* /usr/share/hellod /usr/lib/hellod /usr/sbin/hellod ! -type d 2>/dev/null || true)" 'and so is what a purge leaves'
