/** What has to do with make and its job server. */

/** Phase functions of a toy that has make run six jobs of some tenths of a second, and knows how many ran at a time. */
export const COUNTING = `
src_compile() {
	printf 'all: 1 2 3 4 5 6\\n1 2 3 4 5 6:\\n\\t@touch at-work/$@; ls at-work | wc -l >>counts; sleep 0.6; rm at-work/$@\\n' >Makefile || die
	mkdir at-work || die
	emake all 2>&1 | tee said || die
}
src_install() {
	insinto /usr/share/toy
	newins - "\${PN}-flags" <<< "\${MAKEFLAGS}"
	newins - "\${PN}-job-server" <<< "$(grep -cE 'unavailable|cannot open' said)"
}
`

/** Has the number of jobs that were at work at a time installed as well. */
export const COUNTED = COUNTING.replace(
  'insinto /usr/share/toy\n',
  'insinto /usr/share/toy\n\tnewins - "${PN}-jobs" <<< "$(sort -n counts | tail -n 1)"\n',
)

/**
 * A script that makes a job server of so many tokens at a path, as steve(1) is one: until `endServer`. The sandbox lets
 * builds use it.
 */
export const startServer = (tokens: number, path = '/dev/steve'): string => `
echo 'SANDBOX_WRITE="${path}"' >/etc/sandbox.d/90job-server
rm -f ${path}; mkfifo -m 666 ${path}
setsid bash -c 'exec 3<>${path}; printf %${tokens}s "" | tr " " + >&3; echo $$ >/run/job-server.pid; exec sleep 600 3<&3' </dev/null >/dev/null 2>&1 &
for i in {1..100}; do [ ! -s /run/job-server.pid ] || exit 0; sleep 0.05; done; exit 1`

/** Ends it, and fails unless all tokens came back. */
export const endServer = (tokens: number, path = '/dev/steve'): string => `
left=$(timeout 5 dd if=${path} bs=64 count=1 iflag=nonblock status=none | wc -c) || true
kill "$(cat /run/job-server.pid)"; rm -f ${path} /run/job-server.pid
test "$left" = ${tokens}`
