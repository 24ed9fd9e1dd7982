import { createHash } from 'node:crypto'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { PROFILE, REPOSITORY } from '../lab/gentoo.ts'
import { FARM_DIR } from '../lab/lab.ts'
import { ebuild, ebuilds, ebuildText } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, ofType, runCount, startLab } from './support.ts'

const sh = async (host: LabHost, script: string): Promise<string> => host.must(['sh', '-ec', script])

/** Portage's configuration as people have it: links to elsewhere, and files that other files name. */
const ODD_PLACES = `
mkdir -p /root/dotfiles /home/larry/overlay/profiles /home/larry/overlay/metadata /srv/portage /home/larry/profile
mv /etc/portage /root/dotfiles/portage
ln -s /root/dotfiles/portage /etc/portage
cd /root/dotfiles/portage
mkdir -p gnupg && echo secret >gnupg/key
echo 'source /home/larry/flags.conf' >>make.conf
echo 'CFLAGS="-O2 -DFROM_HOME"' >/home/larry/flags.conf
rm -r package.use && ln -s /srv/portage/use package.use
mkdir /srv/portage/use && echo 'app-toy/odd hot' >/srv/portage/use/odd
rm make.profile && mkdir make.profile
printf '/home/larry/profile\\ngentoo:${PROFILE}\\n' >make.profile/parent
echo 8 >make.profile/eapi; echo 8 >/home/larry/profile/eapi
echo 'app-toy/odd cold' >/home/larry/profile/package.use
echo extra >/home/larry/overlay/profiles/repo_name
printf 'masters = gentoo\\nthin-manifests = true\\n' >/home/larry/overlay/metadata/layout.conf
ln -s /home/larry/overlay /var/db/repos/extra
printf '[extra]\\nlocation = /var/db/repos/extra\\n' >repos.conf/extra.conf
echo old >note
echo secret | tee /root/notes /root/dotfiles/secret /home/larry/diary /srv/portage/other /srv/secret >/dev/null
`

/** Of those, what a host gets, and what it does not. */
const SENT = [
  ...['/etc/portage/make.conf', '/home/larry/flags.conf', '/srv/portage/use/odd', '/home/larry/profile/package.use'],
  ...['/root/dotfiles/portage/make.profile/parent', '/var/db/repos/extra/profiles/repo_name'],
  ...['/home/larry/overlay/app-toy/odd/odd-1.ebuild'],
]
const KEPT = [
  ...['/root/notes', '/root/dotfiles/secret', '/home/larry/diary', '/srv/portage/other', '/srv/secret', '/root/.ssh'],
  ...['/root/dotfiles/portage/gnupg', `${REPOSITORY}/app-toy/unrelated`],
]

/** It says how it was built. */
const TELLS = `
src_install() {
	echo "\${CFLAGS} $(usev hot) $(usev cold) $(cat /etc/portage/note)" > told || die
	insinto /usr/share/toy
	doins told
}
`

t.test('what a host has of this system', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  const builder = lab.host('farm-a')
  /** The layers of the copy. */
  const layers = async (): Promise<string[]> => {
    const copy = (await client.read('/var/lib/portage-farm/client-id')).trim()
    return ['root-1', 'root-1.apart'].map(name => `${FARM_DIR}/clients/${copy}/${name}`)
  }
  const isThere = async (path: string): Promise<boolean> => {
    // Links in the copy are to be followed within it: in an overlay of its layers, as in a job root.
    const [lower, upper] = await layers()
    const script =
      'mkdir -p /tmp/both; mount -t overlay -o "lowerdir=$1:$2" both /tmp/both; chroot /tmp/both test -e "$3"'
    return (
      (await builder.run(['unshare', '--mount', 'sh', '-c', script, 'sh', upper ?? '', lower ?? '', path])).code === 0
    )
  }
  await sh(client, ODD_PLACES)
  await ebuild(client, 'app-toy/unrelated-1')
  await client.write(
    '/home/larry/overlay/app-toy/odd/odd-1.ebuild',
    ebuildText('app-toy/odd-1', { iuse: 'hot cold', body: TELLS }),
  )

  await t.test('configuration is found wherever it lies, and what lies beside it stays', async t => {
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/odd'], { timeout: 600 })
    t.equal(code, 0, all)
    t.equal(builtOn(await lastRun(client), 'app-toy/odd-1'), 'farm-a')
    t.equal(await client.read('/usr/share/toy/told'), '-O2 -DFROM_HOME hot cold old\n')
    for (const path of SENT) t.ok(await isThere(path), `${path} is there`)
    for (const path of KEPT) {
      for (const layer of await layers()) t.notOk(await builder.exists(`${layer}${path}`), `${path} is not`)
    }
  })

  await t.test('what changes while Portage resolves or asks is copied again', async t => {
    const emerge = client.spawn(['emerge', '--ask', '--oneshot', 'app-toy/odd'], { tty: true })
    await emerge.until(/Would you like to merge these packages/)
    // Long enough for the hosts to have been given the old one.
    await new Promise(resolve => setTimeout(resolve, 8000))
    await client.write('/etc/portage/note', 'new\n')
    emerge.write('y\n')
    const { code, all } = await emerge.within(300)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/odd-1'), 'farm-a')
    t.equal(ofType(events, 'mirror-finished').length, 2, 'once while it asked, once more since something changed')
    t.match(await client.read('/usr/share/toy/told'), /new\n$/)
  })

  await t.test('an answer of no leaves nothing behind', async t => {
    const runs = await runCount(client)
    const emerge = client.spawn(['emerge', '--ask', '--oneshot', 'app-toy/odd'], { tty: true })
    await emerge.until(/Would you like to merge these packages/)
    emerge.write('n\n')
    t.equal((await emerge.within(60)).code, 130)
    t.equal(await runCount(client), runs, 'it was no run')
    let left = await leftovers(builder)
    for (let i = 0; i < 100 && left.length > 0; i++) {
      await new Promise(resolve => setTimeout(resolve, 200))
      left = await leftovers(builder)
    }
    t.strictSame(left, [])
  })

  await t.test('--config-root: the configuration there is that of the builds', async t => {
    await sh(client, 'mkdir -p /srv/config/etc; cp -a /root/dotfiles/portage /srv/config/etc/portage')
    await sh(client, 'echo \'CFLAGS="-O1"\' >>/srv/config/etc/portage/make.conf')
    // What another one names of /etc/portage stays here, as that is not the configuration now.
    await ebuild(client, 'app-toy/rooted-1', {
      iuse: 'hot cold',
      body: TELLS.replace('$(cat /etc/portage/note)', '').replaceAll('told', 'rooted'),
    })
    await client.must(['emerge', '--config-root=/srv/config', '--oneshot', 'app-toy/odd', 'app-toy/rooted'])
    const events = await lastRun(client)
    t.strictSame(
      ['app-toy/odd-1', 'app-toy/rooted-1'].map(cpv => builtOn(events, cpv)),
      ['home', 'farm-a'],
    )
    for (const name of ['told', 'rooted']) t.match(await client.read(`/usr/share/toy/${name}`), /^-O1 /)
  })
})

const PLANNED = 300
const REPOSITORY_OF = 3000
/** Seconds from the end of the resolution to the first job, more than plain emerge takes to begin. On a quiet machine. */
const AIM = 2

/** Ebuilds with their metadata cache, as a synchronised repository has them: none is sourced. */
function packages(from: number, to: number): Record<string, string> {
  const files: Record<string, string> = {}
  for (let number = from; number < to; number++) {
    const cpv = `app-toy/many-n${number}-1`
    const text = ebuildText(cpv)
    files[`app-toy/many-n${number}/many-n${number}-1.ebuild`] = text
    files[`metadata/md5-cache/${cpv}`] = [
      ...['DEFINED_PHASES=compile install', `DESCRIPTION=The toy ${cpv}`, 'EAPI=8', 'HOMEPAGE=https://example.org/'],
      ...['KEYWORDS=amd64 arm64', 'LICENSE=MIT', 'SLOT=0', `_md5_=${createHash('md5').update(text).digest('hex')}`, ''],
    ].join('\n')
  }
  return files
}

async function plant(client: LabHost, files: Record<string, string>): Promise<void> {
  const input = Object.entries(files).flatMap(([path, text]) => [`${REPOSITORY}/${path}`, '\0', text, '\0'])
  const write = `while IFS= read -r -d "" path && IFS= read -r -d "" text; do
    mkdir -p "\${path%/*}"; printf "%s" "$text" >"$path"
  done`
  await client.must(['bash', '-ec', write], { input: input.join('') })
}

t.test('what the farm adds before the first job, with hosts that have this system', async t => {
  const { client } = await startLab(t, { builders: 2 })
  await ebuilds(client, { 'app-toy/first-1': {} })
  await client.must(['emerge', '--oneshot', 'app-toy/first'], { timeout: 600 })
  const atoms = Array.from({ length: PLANNED }, (_, index) => `app-toy/many-n${index}`)

  /** Seconds from the resolution to the first package, and what was looked at for it. */
  const begin = async (pattern: RegExp, env: Record<string, string> = {}): Promise<number> => {
    const emerge = client.spawn(['emerge', '--oneshot', ...atoms], { env, tty: true })
    await emerge.until(/Dependency resolution took/, 300)
    const resolved = Date.now()
    await emerge.until(pattern, 300)
    const seconds = (Date.now() - resolved) / 1000
    emerge.write('\x03')
    await emerge.within(120)
    return seconds
  }
  const measure = async (size: number): Promise<{ size: number; added: number; inRun: number; files: number }> => {
    // Once for the file caches, and for what the repository got.
    await begin(/ \* Building /)
    const plain = await begin(/>>> Emerging \(1 of/, { PORTAGE_FARM: '0' })
    const farm = await begin(/ \* Building /)
    const events = await lastRun(client)
    const inRun = ((ofType(events, 'job-started')[0]?.at ?? 0) - (events[0]?.at ?? 0)) / 1000
    t.comment(
      `${PLANNED} packages of ${size}: first job ${farm.toFixed(2)} s after the resolution, plain emerge begins after ` +
        `${plain.toFixed(2)} s; in the library ${inRun.toFixed(2)} s (aim: ${AIM} s more than plain emerge)`,
    )
    return { size, added: farm - plain, inRun, files: ofType(events, 'mirror-finished')[0]?.files ?? 0 }
  }

  await plant(client, packages(0, PLANNED))
  const few = await measure(PLANNED)
  await plant(client, packages(PLANNED, REPOSITORY_OF))
  const many = await measure(REPOSITORY_OF)
  t.ok(few.files > 1000, `${few.files} files were looked at for the copy`)
  t.equal(many.files, few.files, 'and no more of them for packages that are not in the plan')
  // What a busy machine leaves of a comparison: growth with the repository would be tenfold.
  t.ok(many.inRun < 3 * few.inRun + 2, `${few.inRun} s and ${many.inRun} s`)
  t.strictSame((await installed(client)).length > 0, true)
})
