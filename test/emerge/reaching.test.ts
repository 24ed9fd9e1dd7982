/** Every way in which an emerge may not reach the farm: what `portage-farm check` says of it, and what emerge says. */
import t from 'tap'
import { PROFILE, REPOSITORY } from '../lab/gentoo.ts'
import { INSTALLED } from '../lab/install.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { startLab } from './support.ts'

const BUILT = / \* Built app-toy\/one-1::gentoo on farm-a in /
const ROUND = /This merge went round portage-farm: it is built here alone, since emerge was not started through/
/** Nothing of ours is said. */
const SILENT = null

interface Row {
  /** A shell script that makes it so. */
  arrange: string
  /** How emerge is called, in place of an interactive bash. */
  by?: string[]
  env?: Record<string, string>
  /** How portage-farm is called, in place of by its name. */
  program?: string[]
  /** A line of `portage-farm check`, as a whole. */
  check: string | RegExp
  /** What emerge says; it installs the package, unless it ends with another code than 0. */
  emerge: RegExp | null
  code?: number
}

const not = (why: string): string => `emerge does not reach the farm: ${why}`
const BASHRC = '/root/.bashrc'

/** What python-exec runs as emerge. */
const SCRIPT = '/usr/lib/python-exec/python3.11/emerge'

/** Another emerge before the stock one, which calls that. */
const wrapper = (path: string): string =>
  `mkdir -p $(dirname ${path}); printf '#!/bin/sh\\nexec /usr/bin/emerge "$@"\\n' > ${path}; chmod 755 ${path}`

/** What `sudo -V` says as root, and the way in which sudo calls a program. */
const sudo = (path: string): string => `
cat > /usr/bin/sudo <<'END'
#!/bin/sh
path=${path}
[ "$1" = -V ] && { echo "Sudo version 1.9.17"; echo "Value to override user's \\$PATH with: $path"; exit; }
exec env -i PATH="$path" HOME=/root LOGNAME=root "$@"
END
chmod 755 /usr/bin/sudo`

const ROWS: Record<string, Row> = {
  'all is well': {
    arrange: '',
    check: 'emerge reaches the farm from bash (there is no sudo here)',
    emerge: BUILT,
  },
  'all is well, through sudo too': {
    arrange: sudo('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'),
    by: ['sudo', 'emerge'],
    check: 'emerge reaches the farm from bash and through sudo',
    emerge: BUILT,
  },
  'setup --remove': {
    arrange: 'portage-farm setup --remove',
    check: not('there is no shim at /usr/local/sbin/emerge; run `portage-farm setup`'),
    emerge: SILENT,
  },
  'the shim is missing': {
    arrange: 'rm /usr/local/sbin/emerge',
    check: not('there is no shim at /usr/local/sbin/emerge; run `portage-farm setup`'),
    emerge: ROUND,
  },
  'portage-farm was moved': {
    arrange: 'ln -sfn /opt/gone/hooks/emerge /usr/local/sbin/emerge',
    check: not(
      'the shim /usr/local/sbin/emerge leads to /opt/gone/hooks/emerge, which is gone: portage-farm was moved or removed; run `portage-farm setup`',
    ),
    emerge: ROUND,
  },
  "another file is at the shim's place": {
    arrange: 'rm /usr/local/sbin/emerge; ' + wrapper('/usr/local/sbin/emerge'),
    check: not("/usr/local/sbin/emerge is not portage-farm's shim; move it away, then run `portage-farm setup`"),
    emerge: ROUND,
  },
  'the stock emerge comes first in PATH': {
    arrange: `echo 'PATH=/usr/bin:$PATH' >> ${BASHRC}`,
    check: not(
      'from bash, /usr/bin/emerge comes before the shim in PATH; put /usr/local/sbin before /usr/bin in PATH, or rename /usr/bin/emerge',
    ),
    emerge: ROUND,
  },
  'PATH lacks the directory': {
    arrange: `echo 'PATH=/usr/local/bin:/usr/bin:/bin' >> ${BASHRC}`,
    check: not(
      'from bash, PATH lacks /usr/local/sbin, so that emerge is /usr/bin/emerge; put /usr/local/sbin before /usr/bin in PATH',
    ),
    emerge: ROUND,
  },
  "sudo's secure_path lacks the directory": {
    arrange: sudo('/usr/sbin:/usr/bin:/sbin:/bin'),
    by: ['sudo', 'emerge'],
    check: not(
      'through sudo, PATH lacks /usr/local/sbin, so that emerge is /usr/bin/emerge; put /usr/local/sbin before /usr/bin in secure_path, with visudo',
    ),
    emerge: ROUND,
  },
  'an alias': {
    arrange: `echo "alias emerge='nice /usr/bin/emerge'" >> ${BASHRC}`,
    check: not(
      "from bash, something else than /usr/local/sbin/emerge is called: emerge is aliased to `nice /usr/bin/emerge'; remove that alias or function from the startup files of bash",
    ),
    emerge: ROUND,
  },
  'an alias that calls the shim': {
    arrange: `echo "alias emerge='nice emerge'" >> ${BASHRC}`,
    check: 'emerge reaches the farm from bash (there is no sudo here)',
    emerge: BUILT,
  },
  'a function': {
    arrange: `echo 'emerge() { /usr/bin/emerge --quiet-build "$@"; }' >> ${BASHRC}`,
    check: not(
      'from bash, something else than /usr/local/sbin/emerge is called: emerge is a function; remove that alias or function from the startup files of bash',
    ),
    emerge: ROUND,
  },
  'startup files that end the shell': {
    arrange: `echo 'exit 3' >> ${BASHRC}`,
    by: ['/usr/bin/emerge'],
    check: not('from bash, emerge could not be called: the shell did not run a command; look at its startup files'),
    emerge: ROUND,
  },
  'the shim of another portage-farm': {
    arrange: `cp -a ${INSTALLED} /opt/portage-farm; sed -i 's/"version": ".*"/"version": "0.0.9"/' /opt/portage-farm/package.json
      ln -sfn /opt/portage-farm/hooks/emerge /usr/local/sbin/emerge`,
    check:
      /^note: from bash, emerge is \/opt\/portage-farm\/hooks\/emerge, of portage-farm 0\.0\.9; this is \d+\.\d+\.\d+, with \/.*\/hooks\/emerge; run `portage-farm setup` to use this$/m,
    emerge: BUILT,
  },
  'the shim of a portage-farm that answers no check': {
    arrange: `mkdir -p /opt/old/hooks; printf '#!/bin/sh\\n# The portage-farm shim: of old\\nexec /usr/bin/emerge "$@"\\n' > /opt/old/hooks/emerge
      chmod 755 /opt/old/hooks/emerge; ln -sfn /opt/old/hooks/emerge /usr/local/sbin/emerge`,
    check: not(
      'from bash, emerge is /opt/old/hooks/emerge, of an older portage-farm; run `portage-farm setup` to use this one',
    ),
    emerge: ROUND,
  },
  'an old hook': {
    arrange: 'echo : >> /etc/portage/bashrc.d/50-portage-farm.sh',
    check:
      /^note: \/etc\/portage\/bashrc\.d\/50-portage-farm\.sh is not the one of portage-farm \S+; run `portage-farm setup`$/m,
    emerge: BUILT,
  },
  'no hook': {
    arrange: 'rm /etc/portage/bashrc.d/50-portage-farm.sh',
    check:
      'note: /etc/portage/bashrc.d/50-portage-farm.sh is missing, so that nobody notices a merge that goes round the shim; run `portage-farm setup`',
    emerge: BUILT,
  },
  'a bashrc that does not read the hook': {
    arrange: 'echo : > /etc/portage/bashrc',
    check:
      'note: /etc/portage/bashrc does not read /etc/portage/bashrc.d/50-portage-farm.sh, so that nobody notices a merge that goes round the shim; run `portage-farm setup`',
    emerge: BUILT,
  },
  'PORTAGE_FARM=0 in the startup files': {
    arrange: `echo 'export PORTAGE_FARM=0' >> ${BASHRC}`,
    check: not('from bash, PORTAGE_FARM=0 is set; unset PORTAGE_FARM, also in the startup files of bash'),
    emerge: SILENT,
  },
  'a user who is not root': {
    arrange: 'chmod 755 /root',
    program: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'portage-farm'],
    env: { SHELL: '/bin/bash', HOME: '/nonexistent' },
    check: not("from bash, only root's emerge builds on the farm; run emerge, and this check, as root"),
    emerge: BUILT,
  },
  'another farm.yaml by PORTAGE_CONFIGROOT': {
    arrange: `mkdir -p /srv/root/etc; cp -a /etc/portage /srv/root/etc/; rm /srv/root${FARM_YAML} /srv/root/etc/portage/make.profile
      ln -s ${REPOSITORY}/profiles/${PROFILE} /srv/root/etc/portage/make.profile
      echo 'export PORTAGE_CONFIGROOT=/srv/root' >> ${BASHRC}`,
    check: not(
      'from bash, there is no /srv/root/etc/portage/farm.yaml; unset PORTAGE_CONFIGROOT, or keep the farm.yaml that counts in /srv/root/etc/portage/farm.yaml',
    ),
    emerge: SILENT,
  },
  'no node where the shim looks': {
    arrange: 'mkdir /srv/node; mv $(readlink -f $(command -v node)) /srv/node/node; hash -r; ! command -v node',
    program: ['/srv/node/node', `${INSTALLED}/dist/cli.js`],
    check: not(
      'from bash, the shim cannot start portage-farm: node was not found; set PORTAGE_FARM_NODE; install net-libs/nodejs, or set PORTAGE_FARM_NODE to the path of node',
    ),
    emerge: / \* portage-farm: node was not found; set PORTAGE_FARM_NODE; building here/,
  },
  'EPYTHON names a Python that has no emerge': {
    arrange: `echo 'export EPYTHON=python3.13' >> ${BASHRC}`,
    check: 'emerge reaches the farm from bash (there is no sudo here)',
    emerge: BUILT,
  },
  'a script whose Python is python-exec too': {
    arrange: `sed -i '1s,.*,#!/usr/bin/python,' ${SCRIPT}; echo python3.11 > /etc/python-exec/python.conf`,
    check: 'emerge reaches the farm from bash (there is no sudo here)',
    emerge: BUILT,
  },
  'python-exec that finds no script': {
    arrange: 'echo -python3.11 > /etc/python-exec/emerge.conf',
    check: not(
      'from bash, /usr/bin/emerge is python-exec, which finds no script named emerge for any Python that it may use; look at EPYTHON, /etc/python-exec/emerge.conf and /etc/python-exec/python-exec.conf',
    ),
    emerge:
      / \* portage-farm: \/usr\/bin\/emerge is python-exec, which finds no script named emerge for any Python that it may use; building here/,
    code: 127,
  },
  'a wrapper before the stock emerge': {
    arrange: wrapper('/usr/local/bin/emerge'),
    check: not(
      "from bash, /usr/local/bin/emerge is a script for /bin/sh, not Portage's Python script; rename /usr/local/bin/emerge, or let it be found after Portage's own emerge",
    ),
    emerge:
      / \* portage-farm: \/usr\/local\/bin\/emerge is a script for \/bin\/sh, not Portage's Python script; building here/,
  },
  'a compiled emerge': {
    arrange: `cd /tmp; echo '#include <unistd.h>
      int main(int n, char **a) { return execv("/usr/bin/emerge", a); }' > e.c; gcc -o /usr/local/bin/emerge e.c`,
    check: not(
      "from bash, /usr/local/bin/emerge is a compiled program, not Portage's Python script; rename /usr/local/bin/emerge, or let it be found after Portage's own emerge",
    ),
    emerge:
      / \* portage-farm: \/usr\/local\/bin\/emerge is a compiled program, not Portage's Python script; building here/,
  },
  'a program named python that is none': {
    arrange: `cp /bin/sh /usr/local/bin/python3x; mkdir /opt/x; printf '#!/usr/local/bin/python3x\\nexec /usr/bin/emerge "$@"\\n' > /usr/local/bin/emerge
      chmod 755 /usr/local/bin/emerge`,
    check: not(
      "from bash, /usr/local/bin/emerge is a script for /usr/local/bin/python3x, not Portage's Python script; rename /usr/local/bin/emerge, or let it be found after Portage's own emerge",
    ),
    emerge:
      / \* portage-farm: \/usr\/local\/bin\/emerge is a script for \/usr\/local\/bin\/python3x, not Portage's Python/,
  },
  'a Python that cannot be started': {
    arrange: `cp /usr/bin/python3.11 /usr/bin/python3.9; sed -i 's,/lib64/ld-linux,/lib64/ld-linus,' /usr/bin/python3.9
      printf '#!/usr/bin/env -S python3.9 -b\\n' > /usr/local/bin/emerge; chmod 755 /usr/local/bin/emerge`,
    check: not(
      'from bash, /usr/bin/python3.9, which runs /usr/local/bin/emerge, cannot be started (No such file or directory); install sys-apps/portage again, for a Python that is there',
    ),
    // So says the shim, and env after it.
    emerge:
      / \* portage-farm: \/usr\/bin\/python3\.9, which runs \/usr\/local\/bin\/emerge, cannot be started \(No such file or directory\); building here/,
    code: 127,
  },
  'a Python that cannot import Portage': {
    // As after an update of Python: the script is still there, and its Python lacks the modules.
    arrange: `printf '#!/bin/sh\\nexec /usr/bin/python3 -S "$@"\\n' > /usr/local/bin/bare; chmod 755 /usr/local/bin/bare
      printf '#!/usr/local/bin/bare\\nimport os, sys\\nos.execv("/usr/bin/emerge", sys.argv)\\n' > /usr/local/bin/emerge
      chmod 755 /usr/local/bin/emerge`,
    check: not(
      'from bash, /usr/local/bin/bare, which runs /usr/local/bin/emerge, cannot import portage; install sys-apps/portage again, for a Python that is there',
    ),
    emerge:
      / \* portage-farm: \/usr\/local\/bin\/bare, which runs \/usr\/local\/bin\/emerge, cannot import portage; building here/,
  },
  'a Portage that lacks what is replaced': {
    arrange: `actions=$(EPYTHON=python3.11 python3 -c 'import _emerge, os; print(os.path.dirname(_emerge.__file__))')/actions.py
      sed -i 's/import Scheduler$/import Scheduler as Merger/; s/\\bScheduler\\([(.]_*\\)/Merger\\1/; s/_emerge.Merger/_emerge.Scheduler/' $actions`,
    check: not(
      'from bash, in Portage 3.0.83, _emerge.actions has no Scheduler; update portage-farm: it does not know this Portage',
    ),
    emerge: / \* portage-farm: in Portage 3\.0\.83, _emerge\.actions has no Scheduler; building here/,
  },
  'a portage-farm that is not whole': {
    arrange: `rm ${INSTALLED}/hooks/portage_farm/seam.py`,
    check:
      /^emerge does not reach the farm: from bash, its part inside emerge cannot be loaded \(ImportError: .*\); update portage-farm: .*$/m,
    emerge: / \* portage-farm: its part inside emerge cannot be loaded \(ImportError: .*\); building here/,
  },
  'a merge into another root': {
    arrange: `mkdir -p /srv/other; echo "alias emerge='emerge --root=/srv/other'" >> ${BASHRC}`,
    check: 'emerge reaches the farm from bash (there is no sudo here)',
    emerge: / \* portage-farm: ROOT is \/srv\/other\/, and the farm builds for \/ alone; building here/,
  },
}

t.test('whether an emerge reaches the farm', async t => {
  const { client } = await startLab(t, { builders: 1 })
  await ebuilds(client, { 'app-toy/one-1': {} })
  await client.write('/root/.bashrc', '')
  // The host has its copy from here on.
  await client.must(['emerge', '--oneshot', 'app-toy/one'])
  await client.freeze()

  for (const [name, { arrange, by, env = {}, program = ['portage-farm'], check, emerge, code = 0 }] of Object.entries(
    ROWS,
  )) {
    await t.test(name, async t => {
      await client.reset()
      await client.must(['bash', '-ec', arrange])
      const checked = await client.run([...program, 'check'], { env })
      const line = typeof check === 'string' ? checked.stdout.split('\n').find(each => each === check) : check
      t.match(checked.stdout, line ?? check, checked.all)
      t.equal(checked.code, /^emerge does not reach/m.test(checked.stdout) ? 1 : 0, checked.all)
      t.match(checked.stdout, /is good; its hosts:/, 'and what was said before')

      const command = ['--oneshot', '--color=n', 'app-toy/one']
      const merged = await client.run(by ? [...by, ...command] : ['bash', '-ic', `emerge ${command.join(' ')}`])
      t.equal(merged.code, code, merged.all)
      if (emerge) t.match(merged.all, emerge)
      else t.notMatch(merged.all, 'portage-farm')
      if (emerge !== BUILT) t.notMatch(merged.all, BUILT)
    })
  }

  const check = async (env: Record<string, string>) => client.run(['portage-farm', 'check'], { env })

  await t.test('a prefix, and another shell', async t => {
    await client.reset()
    const prefix = await check({ EPREFIX: '/srv/prefix' })
    t.equal(prefix.code, 1)
    t.match(prefix.stdout.split('\n'), [
      /is good/,
      /farm-a/,
      /--hosts/,
      not(
        'from bash, EPREFIX is set to /srv/prefix, and the farm builds for no prefix; unset EPREFIX, also in the startup files of bash',
      ),
    ])
    const dash = await check({ SHELL: '/bin/dash' })
    t.match(dash.stdout, /^emerge reaches the farm from dash \(there is no sudo here\)$/m)
    const alias = await check({ SHELL: '/bin/dash', ENV: '/root/.dashrc' })
    t.equal(alias.code, 0, alias.all)
    await client.write('/root/.dashrc', "alias emerge='/usr/bin/emerge --quiet'\n")
    const round = await check({ SHELL: '/bin/dash', ENV: '/root/.dashrc' })
    t.match(
      round.stdout,
      /^emerge does not reach the farm: from dash, something else .*: emerge is an alias for \/usr/m,
    )
    const none = await check({ SHELL: '/usr/sbin/nologin' })
    t.match(none.stdout, /^emerge was not called: there is no login shell and no sudo here$/m)
    t.equal(none.code, 0)
  })

  await t.test('a shell that remembers where emerge was', async t => {
    await client.reset()
    await client.must(['rm', '/usr/local/sbin/emerge'])
    const shell = client.spawn(['bash', '--norc', '-i'], { tty: true })
    shell.write('emerge --version\n')
    await shell.until(/Portage 3/)
    await client.must(['portage-farm', 'setup'])
    shell.write('portage-farm check; echo "that was $?"\n')
    const said = await shell.until(/that was \d/)
    t.match(
      said.replaceAll('\r', ''),
      /^note: bash \(process \d+\) is older than the shim, and may remember where emerge was before; run `hash -r` there, or open a new shell$/m,
    )
    t.match(said, /that was 0/)
    shell.write('emerge --color=n -1 app-toy/one; hash -r; emerge --color=n -1 app-toy/one; exit\n')
    const { all } = await shell.within(120)
    t.match(all, ROUND)
    t.ok(all.search(BUILT) > all.search(ROUND), 'after hash -r')
  })

  await t.test('a library that started emerge learns why that does not come to the farm', async t => {
    await client.reset()
    const run = async (env: Record<string, string>, ...argv: string[]) => client.run(['portage-farm', ...argv], { env })
    const installed = async () => client.exists('/var/db/pkg/app-toy/one-1')
    await client.must(['emerge', '--unmerge', 'app-toy/one'])

    const off = await run({ PORTAGE_FARM: '0' }, 'run', 'app-toy/one')
    t.match(off, { code: 1, all: 'emerge ended with code 1 without the farm: PORTAGE_FARM=0 is set' })
    const root = await run({ ROOT: '/srv/other' }, 'run', 'app-toy/one')
    t.match(root, { code: 1, all: 'without the farm: ROOT is /srv/other/, and the farm builds for / alone' })
    const wrong = await run({ EMERGE_DEFAULT_OPTS: '--no-such-option' }, 'run', 'app-toy/one')
    t.match(wrong, { code: 1, all: /emerge ended with code \d before it came to the farm: / })
    t.notOk(await installed(), 'nothing was merged')

    for (const [env, why] of [
      [{ PORTAGE_FARM: '0' }, 'PORTAGE_FARM=0 is set; nothing was done'],
      [{ ROOT: '/srv/other' }, 'ROOT is /srv/other/, and the farm builds for / alone; nothing was done'],
    ] as const) {
      const planned = await run(env, 'plan', '--', 'app-toy/one')
      t.match(planned, { code: 1, all: why })
      t.notMatch(planned.all, 'nothing to build')
    }
    const other = await run({}, 'plan', '--', '--version')
    t.match(other, { code: 1, all: 'emerge did not say what it would merge' })
    await client.must(['emerge', '--noreplace', '--oneshot', 'app-toy/one'])
    const nothing = await run({}, 'plan', '--', '--noreplace', 'app-toy/one')
    t.match(nothing, { code: 0, all: /^There is nothing to build\.$/m })

    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'portage-farm']
    const asUser = await client.run([...user, 'plan', '--', 'app-toy/one'], { cwd: '/' })
    t.match(asUser, { code: 0, all: /^1 package/m }, 'a user may plan')
  })

  await t.test('no build hears of what was said to emerge', async t => {
    await client.reset()
    await ebuilds(client, {
      'app-toy/env-1': { body: 'src_install() { env > "${T}"/env; insinto /; doins "${T}"/env; }\n' },
    })
    const ours = { PORTAGE_FARM_NODE: '/nonexistent', PORTAGE_FARM_REEXECUTED: '1', PORTAGE_FARM_PROBE: '/tmp/none' }
    for (const env of [
      { ...ours, PORTAGE_FARM: '0' },
      { ...ours, PORTAGE_FARM: '1' },
    ]) {
      await client.must(['emerge', '--oneshot', 'app-toy/env'], { env })
      t.notMatch(await client.must(['bzcat', '/var/db/pkg/app-toy/env-1/environment.bz2']), 'PORTAGE_FARM')
      t.notMatch(await client.read('/env'), 'PORTAGE_FARM')
    }
    t.notOk(await client.exists('/tmp/none'), 'a probe writes into a file that is there')
  })
})
