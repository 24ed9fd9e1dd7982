import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { REPOSITORY } from '../lab/gentoo.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR, FARM_YAML, type Lab } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuild, ebuilds, ebuildText } from '../lab/repo.ts'
import { builtOn, differences, lastRun, ownFiles, startLab } from './support.ts'

/** Every text that may not leave begins with it. */
const MARK = 'leaving-must-not-'

const sh = async (host: LabHost, script: string): Promise<string> => host.must(['sh', '-ec', script])

/** The test's own programs, which run on hosts. */
const program = async (name: string): Promise<string> => readFile(join(PROJECT, 'test/emerge/leaving', name), 'utf8')
const python = async (host: LabHost, name: string, argv: string[] = [], input = ''): Promise<string> =>
  host.must(['python3', '-c', await program(name), ...argv], { input })

/** Merges a toy on a host, and fails if it was built elsewhere. */
async function merge(t: Test, client: LabHost, cpv: string): Promise<void> {
  const { code, all } = await client.run(['emerge', '--oneshot', `=${cpv}`], { timeout: 600 })
  t.equal(code, 0, all)
  t.equal(builtOn(await lastRun(client), cpv), 'farm-a', `${cpv} was built on the host`)
}

/** Whatever of a host's directory has a text in it. */
async function having(builder: LabHost, text: string): Promise<string[]> {
  const { stdout } = await builder.run(['grep', '-rlaF', '--', text, FARM_DIR])
  return stdout.split('\n').filter(line => line !== '')
}

interface There {
  path: string
  kind: 'file' | 'directory' | 'link' | 'other'
  mode: string
  owner: string
  content: string
}

/** What a host has below some paths: what stands apart, and the root below it. */
async function there(builder: LabHost, paths: readonly string[]): Promise<{ apart: There[]; root: There[] }> {
  const layers = JSON.parse(await python(builder, 'there.py', [FARM_DIR, ...paths])) as Record<string, There[]>
  const entries = Object.entries(layers)
  const of = (isApart: boolean): There[] =>
    entries.flatMap(([name, found]) => (name.endsWith('.apart') === isApart ? found : []))
  return { apart: of(true), root: of(false) }
}

/** Which of these paths a host has. */
async function found(builder: LabHost, paths: readonly string[]): Promise<string[]> {
  const { apart, root } = await there(builder, paths)
  return [...new Set([...apart, ...root].map(each => each.path))].sort()
}

t.test('what real systems have, and nobody else may have', async t => {
  const { client, builders } = await startLab(t, { builders: 1 })
  const [builder] = builders as [LabHost]
  const table = await program('secrets.txt')
  const paths = (await python(client, 'plant.py', [MARK], table)).trim().split('\n')
  t.ok(paths.length >= 180, `${paths.length} files`)

  // A kernel as sys-kernel/gentoo-kernel installs it where it makes its own key: kernel-build.eclass says so.
  const kernel = '/usr/src/linux-6.12.9-gentoo-dist/certs/signing_key.pem'
  const body = `${randomBytes(48).toString('base64')}\n`.repeat(20)
  await client.write(kernel, `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----\n${MARK}kernel\n`, 0o644)
  await python(client, 'record.py', ['sys-kernel/made-up-6.12.9', kernel])
  await client.write('/etc/harmless.conf', 'leaving-may\n')
  await ebuild(client, 'app-toy/one-1')
  await merge(t, client, 'app-toy/one-1')

  t.match(await having(builder, 'leaving-may'), [/\/etc\/harmless\.conf$/], 'what may leave is found there')
  t.strictSame(await having(builder, MARK), [], 'no text of a secret is below the directory of the host')
  t.strictSame(await found(builder, [...paths, kernel]), [], 'nor is a file that has one')
})

/** What the oracle says of a path. */
interface Said extends There {
  may: boolean
  must: boolean
}

const asText = ({ kind, mode, owner, content }: There): string =>
  // The mode of a link is the system's.
  kind === 'link' ? `${kind} ${owner} ${content}` : `${kind} ${mode} ${owner} ${content}`

/** What a host has and should not have, and the other way round. */
async function wrong(client: LabHost, builder: LabHost, request: Tree): Promise<{ wrong: string[]; counts: string }> {
  const said = JSON.parse(await python(client, 'oracle.py', [], JSON.stringify(request))) as Said[]
  const known = new Map(said.map(each => [each.path, each]))
  const { apart, root } = await there(builder, ['/home', '/data', '/srv', ...request.tops])
  const merged = new Map([...root, ...apart].map(each => [each.path, each]))
  const ways = new Set(
    said.filter(each => each.may).flatMap(({ path }) => path.split('/').map((_, n, all) => all.slice(0, n).join('/'))),
  )
  const faults: string[] = []
  for (const [layer, all] of Object.entries({ apart, root })) {
    for (const each of all) {
      const own = known.get(each.path)
      if (each.kind === 'directory' && (ways.has(each.path) || ['/home', '/data', '/srv'].includes(each.path))) continue
      if (!own?.may) faults.push(`${JSON.stringify(each.path)} is there (${layer}); here: ${own ? asText(own) : 'not'}`)
      else if (own.kind !== each.kind || own.content !== each.content) {
        faults.push(`${JSON.stringify(each.path)} is there (${layer}) as ${asText(each)}; here: ${asText(own)}`)
      }
    }
  }
  for (const each of said.filter(each => each.must)) {
    const copy = merged.get(each.path)
    if (!copy) faults.push(`${JSON.stringify(each.path)} is not there; here: ${asText(each)}`)
    else if (asText(copy) !== asText(each)) {
      faults.push(`${JSON.stringify(each.path)} is there as ${asText(copy)}; here: ${asText(each)}`)
    }
  }
  const count = (all: readonly unknown[]): string => String(all.length)
  const files = said.filter(each => each.kind === 'file')
  const counts =
    `${count(files)} files, of which ${count(files.filter(each => each.must))} must leave and ` +
    `${count(files.filter(each => !each.may))} may not; ${count(root)} and ${count(apart)} entries there`
  return { wrong: faults, counts }
}

interface Tree {
  tops: string[]
  binds: [string, string][]
  names: string[]
}

t.test(
  'of a made-up tree a host has what everybody here may read and what packages brought, and nothing else',
  async t => {
    const seed = process.env['SEED'] ?? randomBytes(4).toString('hex')
    t.comment(`SEED=${seed}`)
    const { client, builders } = await startLab(t, { builders: 1 })
    const [builder] = builders as [LabHost]
    for (const name of ['record.py', 'tree.py']) await client.write(`/run/leaving/${name}`, await program(name))
    const tree = JSON.parse(await client.must(['python3', '/run/leaving/tree.py', seed])) as Tree
    await ebuilds(client, { 'app-toy/one-1': {}, 'app-toy/two-1': {} })

    await merge(t, client, 'app-toy/one-1')
    const first = await wrong(client, builder, tree)
    t.comment(first.counts)
    t.strictSame(first.wrong, [], `as it is (SEED=${seed})`)

    await client.must(['python3', '/run/leaving/tree.py', seed, 'change'])
    await merge(t, client, 'app-toy/two-1')
    const second = await wrong(client, builder, tree)
    t.comment(second.counts)
    t.strictSame(second.wrong, [], `when modes and contents have changed (SEED=${seed})`)
  },
)

/** A line of a private key that is in no other text. */
async function lineOf(client: LabHost, key: string): Promise<string> {
  return (await client.read(key)).trim().split('\n').at(-3) ?? ''
}

/** Tells how it was built. */
const TELLS = `
src_install() {
	echo "\${CFLAGS} $(usev hot) $(cat /usr/share/made/needed 2>/dev/null)" > told || die
	insinto /usr/share/toy
	doins told
}
`
const farmYaml = (identity: string, more = ''): string =>
  `hosts:\n  - name: farm-a\n    ssh: farm-a\n    identity: ${identity}\n${more}`

/** Directories that are links to another file system, as where / is small. */
const LINKED = ['/home', '/root', '/var/tmp', '/var/log', '/var/cache/binpkgs', '/var/cache/distfiles']

t.test('configuration that only root may read, keys beside it, and directories on another file system', async t => {
  const lab: Lab = await startLab(t, { builders: 1 })
  const { client } = lab
  const builder = lab.host('farm-a')
  const told = async (): Promise<string> => (await client.read('/usr/share/toy/told')).trim()
  await ebuilds(client, { 'app-toy/first-1': { iuse: 'hot', body: TELLS } })

  await t.test('/etc/portage under umask 077, with the key for the host in it', async t => {
    await sh(
      client,
      `umask 077
      cp /root/.ssh/id_ed25519 /etc/portage/farm-key
      echo 'CFLAGS="-O2 -DSHUT"' >>/etc/portage/make.conf
      echo 'app-toy/first hot' >/etc/portage/package.use/toys
      echo 'app-toy/second hot' >>/etc/portage/package.use/toys
      find /etc/portage -type d -exec chmod 0700 {} +; find /etc/portage -type f -exec chmod 0600 {} +`,
    )
    await client.write(FARM_YAML, farmYaml('/etc/portage/farm-key'))
    await merge(t, client, 'app-toy/first-1')
    t.equal(await told(), '-O2 -DSHUT hot')
    t.match(await found(builder, ['/etc/portage']), ['/etc/portage', '/etc/portage/make.conf'])
    t.notOk((await found(builder, ['/etc/portage'])).includes('/etc/portage/farm-key'))
    t.strictSame(await having(builder, await lineOf(client, '/etc/portage/farm-key')), [])
  })

  await t.test(
    'an overlay of mode 0700, and configuration in /root, which is 0700, with the key in /root/.ssh',
    async t => {
      const overlay = '/var/db/repos/mine'
      await client.write(
        `${overlay}/app-toy/second/second-1.ebuild`,
        ebuildText('app-toy/second-1', { iuse: 'hot', body: TELLS }),
      )
      await client.write(`${overlay}/app-toy/other/other-1.ebuild`, ebuildText('app-toy/other-1'))
      await sh(
        client,
        `mkdir -p ${overlay}/profiles ${overlay}/metadata /root/dotfiles
      echo mine >${overlay}/profiles/repo_name
      printf 'masters = gentoo\\nthin-manifests = true\\n' >${overlay}/metadata/layout.conf
      chown -R portage:portage ${overlay}; chmod -R go= ${overlay}
      mv /etc/portage/farm-key /root/.ssh/farm-key
      echo ${MARK}beside >/root/dotfiles/beside
      mv /etc/portage /root/dotfiles/portage; ln -s /root/dotfiles/portage /etc/portage
      printf '[mine]\\nlocation = ${overlay}\\n' >/etc/portage/repos.conf/mine.conf
      chmod -R go= /root; chmod 0700 /root`,
      )
      await client.write(FARM_YAML, farmYaml('/root/.ssh/farm-key'), 0o600)
      await merge(t, client, 'app-toy/second-1')
      t.equal(await told(), '-O2 -DSHUT hot')
      t.strictSame(await having(builder, await lineOf(client, '/root/.ssh/farm-key')), [])
      t.strictSame(await having(builder, `${MARK}beside`), [])
      t.notOk(await found(builder, ['/root/.ssh']).then(all => all.length > 0), 'nothing of /root/.ssh')
    },
  )

  await t.test('what is made private between two merges, and is as it was besides', async t => {
    await sh(
      client,
      `chmod 0644 /root/dotfiles/portage/make.conf; chmod 0755 /root/dotfiles/portage /root/dotfiles /root
      mkdir -p /usr/share/made; echo brought >/usr/share/made/needed
      echo ${MARK}once >/etc/once.conf; ln /etc/once.conf /etc/twice.conf; ln /etc/once.conf /etc/a-third.conf`,
    )
    await python(client, 'record.py', ['app-made/needed-1', '/usr/share/made', '/usr/share/made/needed'])
    await merge(t, client, 'app-toy/second-1')
    t.equal((await having(builder, `${MARK}once`)).length, 3, 'everybody may read it')
    await sh(client, 'chmod 0600 /root/dotfiles/portage/make.conf /usr/share/made/needed /etc/once.conf')
    await merge(t, client, 'app-toy/second-1')
    t.equal(await told(), '-O2 -DSHUT hot brought', 'configuration and what a package brought are there all the same')
    t.strictSame(await having(builder, `${MARK}once`), [], 'under none of its names')
  })

  await t.test(
    'include: brings what only root may read; exclude: keeps what everybody may, or a package has',
    async t => {
      await sh(
        client,
        `umask 022; mkdir -p /etc/mine /opt/made/inner /usr/share/made/inner /srv/made /root/wanted
      echo leaving-included >/etc/mine/key; chmod 0600 /etc/mine/key
      echo leaving-included >/root/wanted/file; chmod 0600 /root/wanted/file
      echo ${MARK}not-included >/root/unwanted
      for file in /opt/public /opt/made/owned /opt/made/inner/owned /usr/share/made/inner/owned /srv/made/owned; do
        echo "${MARK}excluded $file" >"$file"
      done
      chmod 0600 /opt/made/owned /usr/share/made/inner/owned; chmod 0700 /opt/made/inner`,
      )
      const owned = ['/opt/made/owned', '/opt/made/inner/owned', '/usr/share/made/inner/owned', '/srv/made/owned']
      await python(client, 'record.py', ['app-made/kept-1', ...owned])
      const more =
        'include: [/etc/mine/key, /root/wanted]\n' + 'exclude: [/opt/public, /opt/made/owned, inner, /srv/made]\n'
      await client.write(FARM_YAML, farmYaml('/root/.ssh/farm-key', more), 0o600)
      await merge(t, client, 'app-toy/second-1')
      t.strictSame(await found(builder, ['/etc/mine/key', '/root/wanted/file']), ['/etc/mine/key', '/root/wanted/file'])
      t.strictSame(await having(builder, MARK), [])
      t.strictSame(await found(builder, ['/opt/public', '/opt/made', '/srv/made', ...owned]), ['/opt/made'])
    },
  )

  await t.test('/home, /root, /var/tmp, /var/log, PKGDIR, DISTDIR, PORTAGE_TMPDIR on another file system', async t => {
    await sh(
      client,
      'rm -r /etc/mine /root/wanted; mkdir /data; mount -t tmpfs -o mode=0755 tmpfs /data; umount /var/tmp',
    )
    await client.write(FARM_YAML, farmYaml('/root/.ssh/farm-key'), 0o600)
    for (const path of LINKED) {
      const to = `/data/${path.slice(1).replaceAll('/', '-')}`
      await sh(
        client,
        `mkdir -p ${path}; cp -a ${path} ${to}; rm -r ${path}; ln -s ${to} ${path}
        mkdir -p ${to}/larry; echo "${MARK}linked ${path}" | tee ${to}/mark ${to}/larry/mark >/dev/null
        chmod 0755 ${to}`,
      )
    }
    await sh(client, 'mkdir -p /data/portage-tmp; echo \'PORTAGE_TMPDIR="/scratch"\' >>/etc/portage/make.conf')
    await sh(client, 'ln -s /data/portage-tmp /scratch; chmod 1777 /data/portage-tmp /data/var-tmp')
    const before = await ownFiles(builder)
    await ebuild(client, 'app-toy/third-1', { iuse: 'hot', body: TELLS })
    await merge(t, client, 'app-toy/third-1')
    t.equal(await told(), '-O2 -DSHUT  brought')
    t.strictSame(await having(builder, MARK), [])
    const config = '/data/root/dotfiles/portage'
    const elsewhere = (await found(builder, ['/data'])).filter(
      path => !path.startsWith(`${config}/`) && !`${config}/`.startsWith(`${path}/`),
    )
    t.strictSame(elsewhere, [], `of /data there is ${config} alone`)
    t.strictSame(differences(before, await ownFiles(builder)), [], 'outside of its directory the host is as it was')
    t.ok(await client.exists(`${REPOSITORY}/app-toy/third`))
  })
})
