# A document root that the service can't read: the journal names cause and cure, and following it is enough.
page >/dev/null
try() {
    sed -i "s|^document_root = .*|document_root = $1|" /etc/hello.ini
    systemctl restart hello.service 2>/dev/null || true
}
last_error() { journal _SYSTEMD_UNIT=hello.service _TRANSPORT=stdout PRIORITY=3 | tail -n 1; }
last_error_is_of() { [[ $(last_error) == *"document_root = $1: "* ]]; }

# fails ROOT PATTERN WORDS...: what was saved is applied at the same time, and may put the start off that was asked for.
fails() {
    try "$1"
    wait_for last_error_is_of "$1"
    like "$2" "$(last_error)" "$3"
}

install_page() {
    mkdir -p "$1"
    echo "$2" >"$1/hello.html"
}

install_page /home/someone/site 'from home'
fails /home/someone/site '*document_root = /home/someone/site: Permission denied; *take it out of the home, which hello.service hides*' \
    'under /home: the journal says that the service does not see homes'
install_page /srv/private 'from private'
chmod 700 /srv/private
fails /srv/private '*document_root = /srv/private: Permission denied; chmod a+x it*' 'with mode 0700: the journal says to change it'
fails /srv/none '*document_root = /srv/none: No such file or directory; create it or name another*' 'not there: the journal says so'

install_page /tmp/site 'from /tmp'
fails /tmp/site '*document_root = /tmp/site: *; take it out of /tmp and /var/tmp, which hello.service hides*' 'under /tmp: the journal says that the service does not see it'

try /srv/private
chmod a+rx /srv/private
same 'from private' "$(page)" 'readable at last, it is served'

install_page /srv/group 'from the group'
chgrp -R www-data /srv/group
chmod 750 /srv/group
mkdir -p /etc/systemd/system/hello.service.d
printf '[Service]\nSupplementaryGroups=www-data\n' >/etc/systemd/system/hello.service.d/override.conf
systemctl daemon-reload
try /srv/group
same 'from the group' "$(page)" 'one for a group is served with SupplementaryGroups, as hellod(8) says'
