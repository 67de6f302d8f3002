# On the bare system. What is there after apt has installed the package: all further cases begin with it.
apt-get --quiet=2 install "$hellod" </dev/null >/dev/null 2>&1
ok 'apt installs the package, and has nothing to ask'
same enabled "$(systemctl is-enabled hello.socket)" 'hello.socket is enabled'
same active "$(state_of hello.socket)" 'hello.socket is active'
same inactive "$(state_of hello.service)" 'hello.service is not: nobody has asked for anything'
like '*LISTEN*127.0.0.1:7878*' "$(ss --listening --tcp --numeric --no-header)" 'the port is open'
same '' "$(systemctl list-units --failed --plain --no-legend)" 'no unit has failed'
for path in /usr/share/man/man8/hellod.8.gz /usr/share/man/man5/hello.ini.5.gz /etc/hello /usr/share/doc/hellod/copyright \
    /usr/share/bash-completion/completions/hellod /usr/sbin/hellod; do
    [ -e $path ] || fail "there is no $path"
done
ok 'program, pages and completion are in their places'
