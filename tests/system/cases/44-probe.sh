# A program in the place of hellod tries what an intruder would: all of it is refused.
mkdir -p /home/someone /run/for-all /srv/for-all
for folder in /run/for-all /srv/for-all; do mount -t tmpfs -o mode=1777 for-all $folder; done
free=$(/programs/probe 2>/dev/null | grep -c ALLOWED)
[ "$free" -ge 50 ] || fail "without a sandbox, the probe was allowed only $free things"
ok 'without a sandbox, nearly all that the probe tries is allowed'
cp /programs/probe /usr/sbin/hellod
mkdir -p /run/systemd/system/hello.service.d
printf '[Service]\nType=oneshot\nRestart=no\n' >/run/systemd/system/hello.service.d/probe.conf
systemctl daemon-reload
systemctl start hello.service
said=$(journal _SYSTEMD_UNIT=hello.service)
same '' "$(grep -v ^refused <<<"$said" || true)" 'in the sandbox, all is refused'
tried=$(grep -c ^refused <<<"$said")
[ "$tried" -ge 60 ] || fail "only $tried things were tried"
ok 'and all was tried'
