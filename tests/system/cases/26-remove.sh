# Remove stops all and keeps hello.ini; purge leaves nothing.
page >/dev/null
printf '[server]\ndocument_root = /usr/share/hellod/www\n' >/etc/hello/site.ini
systemctl enable --now hello@site.socket 2>/dev/null
systemctl enable hello-metrics.socket hello-metrics@site.socket 2>/dev/null
systemctl restart hello-metrics.socket hello-metrics@site.socket
curl --silent --unix-socket /run/hellod/site.socket http://site/ >/dev/null
same 'active active' "$(state_of hello.service) $(state_of hello@site.service)" 'service and site run'
apt-get --quiet=2 --yes remove hellod >/dev/null 2>&1
for unit in hello.socket hello.service hello-metrics.socket hello@site.socket hello@site.service hello-metrics@site.socket; do
    same inactive "$(state_of $unit)" "remove stops $unit"
done
[ ! -e /run/hellod ] || fail "remove leaves $(find /run/hellod)"
like '*Failed to connect*' "$(page 2>&1 || true)" 'the port is closed'
[ -e /etc/hello.ini ] || fail 'remove takes hello.ini along'
install_package $hellod
like '*Hello!*' "$(page)" 'installed again, it serves'
rm /etc/hello/site.ini
sed -i 's/^access = .*/access = file/' /etc/hello.ini
systemctl restart hello.service
page >/dev/null
wait_for test -s /var/log/hello/access.log
apt-get --quiet=2 --yes purge hellod >/dev/null 2>&1
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /var/log -o -path /var/cache/apt -o -path /srv \) -prune -o \
    \( -name '*hello.*' -o -name '*hello-*' -o -name '*hello@*' -o -name '*hellod*' \) -print)
same '' "$left" 'purge leaves no file of ours'
same '' "$(find /var/log /var/log/private -maxdepth 1 -name 'hello*')" 'nor a log'
same '' "$(systemctl list-units --all --plain --no-legend 'hello*')" 'nor a unit'
same '' "$(journalctl --boot --grep='hello.*[Ff]ailed' --output=cat --quiet || true)" 'and all that without a failure in the journal'
