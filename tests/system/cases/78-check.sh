# hellod --check and --check-site, as an administrator runs them.
said=$(hellod --check)
like '/etc/hello.ini: OK*/usr/share/hellod/www: hello.service can get at it*/etc/mime.types: * extensions*hello.socket: listens on 127.0.0.1:7878*' \
    "$said" 'hellod --check tells of all that must be right'
same 'files: 2, folders: 1, findings: 0' "$(hellod --check-site)" 'hellod --check-site has nothing to find'

mkdir -p /srv/site/secret /srv/site/.git
echo page >/srv/site/hello.html
echo page >/srv/site/secret/page.html
echo page >/srv/site/private.html
echo data >/srv/site/thing.xyzzy
chmod 700 /srv/site/secret
chmod 640 /srv/site/private.html
ln -s /etc/passwd /srv/site/users
sed -i 's|^document_root = .*|document_root = /srv/site|' /etc/hello.ini
said=$(hellod --check-site) && fail 'hellod --check-site finds nothing'
like '*/srv/site/.git: no URL leads to*' "$said" 'it finds what is hidden'
like '*/srv/site/private.html: hello.service may not read this file, mode 0640; chmod o+r it*' "$said" 'what the service may not read, though root may'
like '*/srv/site/secret: hello.service may not enter this folder, mode 0700; chmod o+x it*' "$said" 'nor enter'
like '*/srv/site/thing.xyzzy: no media type*' "$said" 'what has no media type'
like '*/srv/site/users: this link leads out of the document root*' "$said" 'and what leads out'

chgrp www-data /srv/site/private.html
mkdir -p /etc/systemd/system/hello.service.d
printf '[Service]\nSupplementaryGroups=www-data\nProtectHome=no\n' >/etc/systemd/system/hello.service.d/override.conf
systemctl daemon-reload
case $(hellod --check-site) in
*private.html*) fail 'a group of the service does not count' ;;
*) ok 'what the unit says of groups counts' ;;
esac
mkdir -p /home/someone/site
chmod 755 /home/someone
sed -i 's|^document_root = .*|document_root = /home/someone/site|' /etc/hello.ini
like '*/home/someone/site: hello.service can get at it*' "$(hellod --check)" 'and so does what it says of homes'
rm -r /etc/systemd/system/hello.service.d
systemctl daemon-reload
said=$(hellod --check 2>&1) && fail 'hellod --check lets a hidden folder pass'
like '*document_root = /home/someone/site: hello.service does not see /home (ProtectHome=)*' "$said" 'without it, the folder is hidden'
systemctl stop hello.socket
said=$(hellod --check 2>&1 || true)
like '*hello.socket: inactive; ?systemctl enable --now hello.socket? starts it*127.0.0.1:7878: free to listen on*' "$said" 'of a socket that is stopped it says how to start it'
