# Debian has another hello, GNU's; both are there side by side.
install_package /srv/hello_*.deb
same 'Hello, world!' "$(hello)" 'GNU hello says hello'
like '*Hello!*' "$(page)" 'and so do we'
apt-get --quiet=2 --yes purge hello >/dev/null 2>&1
like '*Hello!*' "$(page)" 'also when it is gone'
install_package /srv/hello_*.deb
apt-get --quiet=2 --yes purge hellod >/dev/null 2>&1
same 'Hello, world!' "$(hello)" 'and it when we are'
