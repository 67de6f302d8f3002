# What debian/tests holds for autopkgtest, run as that does.
for test in $(sed -n 's/^Tests: //p' /debian/tests/control); do
    said=$(/debian/tests/$test 2>&1) || fail "debian/tests/$test: $said"
    ok "debian/tests/$test"
done
