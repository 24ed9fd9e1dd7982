#!/bin/bash
# row.sh COMMAND BEFORE — runs COMMAND as a build's bash in a sandbox, among fresh files, and prints what came of it.
#
# /t/w may be written to; /t/d may not, /t/p quietly not, and /t/x not even be read. BEFORE is run outside, before the sandbox.
umask 022
rm -rf /t
mkdir -p /t/{w,d,p,x}/dir /t/{log,home} /etc/sandbox.d
for place in w d p x; do echo "$place" >/t/$place/file; done
setfattr -n user.lab -v x /t/d/file /t/w/file
ln -s ../d/file /t/w/link
ln -s /t/d/none /t/w/dangling
ln -s /t/d /t/w/dirlink
ln -s /t/w/file /t/d/link
ln -s /t/w/none /t/d/dangling
ln -s ../w /t/d/dirlink
rm -f /etc/sandbox.d/lab /var/log/sandbox/*
cd /t/w || exit
export PATH=/opt/lab:$PATH HOME=/t/home NOCOLOR=yes PORTAGE_TMPDIR=/t/w SANDBOX_LOG=/t/log/sandbox.log
export SANDBOX_DENY=/t/x SANDBOX_READ=/ SANDBOX_WRITE=/t/w:/t/log SANDBOX_PREDICT=/t/p
seen() { find /t/d /t/p /t/x -printf '%P %y %m %U %s %T@ %n %l\n' | sort | sha1sum; }
run=(sandbox -c "$1")
eval "$2"
before=$(seen)
# By a pipe, as Portage has it: what is told comes by other openings of the same stderr.
"${run[@]}" 2>&1 >/t/out </dev/null | cat >/t/err
status=${PIPESTATUS[0]}
echo "= $(tr '\n' ' ' </t/out)"
echo "? $status"
log=${SANDBOX_LOG:-$(echo /var/log/sandbox/*)}
[ ! -e "$log" ] || awk -F ': ' '
  $1 == "F" { f = $2 }
  $1 == "A" { a = $2 }
  $1 == "R" { print "! " f " " a (a == $2 ? "" : " -> " $2) }' "$log"
sed -nE 's/\x1b\[[0-9;]*m//g; s/^ \* ACCESS DENIED:  ([A-Za-z0-9_]*): +/> \1 /p' /t/err
[ "$before" = "$(seen)" ] || echo '~ changed'
sed 's/^/2 /' /t/err
