# A document root that the service can't read: the journal names cause and cure, and following it is enough.
page >/dev/null
try() {
    sed -i "s|^document_root = .*|document_root = $1|" /etc/hello.ini
    systemctl restart hello.service 2>/dev/null || true
    journal _SYSTEMD_UNIT=hello.service _TRANSPORT=stdout PRIORITY=3 | tail -n 1
}
install_page() {
    mkdir -p "$1"
    echo "$2" >"$1/hello.html"
}

install_page /home/someone/site 'from home'
like '*document_root = /home/someone/site: Permission denied; *take it out of the home, which hello.service hides*' "$(try /home/someone/site)" \
    'under /home: the journal says that the service does not see homes'
install_page /srv/private 'from private'
chmod 700 /srv/private
like '*document_root = /srv/private: Permission denied; chmod a+x it*' "$(try /srv/private)" 'with mode 0700: the journal says to change it'
like '*document_root = /srv/none: No such file or directory; create it or name another*' "$(try /srv/none)" 'not there: the journal says so'

install_page /tmp/site 'from /tmp'
like '*document_root = /tmp/site: *; take it out of /tmp and /var/tmp, which hello.service hides*' "$(try /tmp/site)" 'under /tmp: the journal says that the service does not see it'

try /srv/private >/dev/null
chmod a+rx /srv/private
same 'from private' "$(page)" 'readable at last, it is served'

install_page /srv/group 'from the group'
chgrp -R www-data /srv/group
chmod 750 /srv/group
mkdir -p /etc/systemd/system/hello.service.d
printf '[Service]\nSupplementaryGroups=www-data\n' >/etc/systemd/system/hello.service.d/override.conf
systemctl daemon-reload
try /srv/group >/dev/null
same 'from the group' "$(page)" 'one for a group is served with SupplementaryGroups, as hellod(8) says'
