import t from 'tap'
import { PROFILE, REPOSITORY } from '../lab/gentoo.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuild, ebuilds, ebuildText } from '../lab/repo.ts'
import { found, having, MARK, merge, python, sh } from './leaving/support.ts'
import { differences, ownFiles, startLab } from './support.ts'

/** A line of a private key that is in no other text. */
async function lineOf(client: LabHost, key: string): Promise<string> {
  return (await client.read(key)).trim().split('\n').at(-3) ?? ''
}

/** Tells how it was built. */
const TELLS = `
src_install() {
	echo "\${CFLAGS} $(usev hot) $(cat /usr/share/made/needed)" > told || die
	insinto /usr/share/toy
	newins told "\${PN}"
}
`

const farmYaml = (identity: string, more = ''): string =>
  `hosts:\n  - name: farm-a\n    ssh: farm-a\n    identity: ${identity}\n${more}`

/** With the key for the host in it, as someone writes it who wants nobody to see it. */
const UNDER_UMASK = `
umask 077
cp /root/.ssh/id_ed25519 /etc/portage/farm-key
echo 'source /etc/flags.conf' >>/etc/portage/make.conf
echo 'app-toy/tells hot' >/etc/portage/package.use/toys
find /etc/portage -type d -exec chmod 0700 {} +
find /etc/portage -type f -exec chmod 0600 {} +
`

const BESIDES = `
umask 022
echo 'CFLAGS="-O2 -DSOURCED"' >/etc/flags.conf
mkdir -p /etc/mine /opt/made/inner /usr/share/made/inner /srv/made /root/wanted
echo brought >/usr/share/made/needed
echo wanted | tee /etc/mine/key /root/wanted/file >/dev/null
echo ${MARK}beside >/root/unwanted
chmod 0600 /etc/mine/key /root/wanted/file /root/unwanted
for file in /opt/public /opt/made/owned /opt/made/inner/owned /usr/share/made/inner/owned /srv/made/owned; do
  echo "${MARK}excluded $file" >"$file"
done
chmod 0600 /opt/made/owned /usr/share/made/inner/owned; chmod 0700 /opt/made/inner
`
const OWNED = ['/opt/made/owned', '/opt/made/inner/owned', '/usr/share/made/inner/owned', '/srv/made/owned']
const MORE = `
include: [/etc/mine/key, /root/wanted]
exclude: [/opt/public, /opt/made/owned, inner, /srv/made]
`

const OVERLAY = '/var/db/repos/mine'
const SHUT = `
mkdir -p ${OVERLAY}/profiles ${OVERLAY}/metadata /root/dotfiles
echo mine >${OVERLAY}/profiles/repo_name
printf 'masters = gentoo\\nthin-manifests = true\\n' >${OVERLAY}/metadata/layout.conf
chown -R portage:portage ${OVERLAY}; chmod -R go= ${OVERLAY}
mv /etc/portage/farm-key /root/.ssh/farm-key
echo ${MARK}beside >/root/dotfiles/beside
mv /etc/portage /root/dotfiles/portage; ln -s /root/dotfiles/portage /etc/portage
ln -sfn ${REPOSITORY}/profiles/${PROFILE} /etc/portage/make.profile
printf '[mine]\\nlocation = ${OVERLAY}\\n' >/etc/portage/repos.conf/mine.conf
chmod -R go= /root
`

/** Directories that are links to another file system, as where / is small. */
const LINKED = ['/home', '/root', '/var/tmp', '/var/log', '/var/cache/binpkgs', '/var/cache/distfiles']
const elsewhere = (path: string): string => `/data/${path.slice(1).replaceAll('/', '-')}`
const link = (path: string): string => `
mkdir -p ${path}
cp -a ${path} ${elsewhere(path)}; rm -r ${path}; ln -s ${elsewhere(path)} ${path}
mkdir -p ${path}/larry; echo "${MARK}linked ${path}" | tee ${path}/mark ${path}/larry/mark >/dev/null
chmod 0755 ${path}
`
const LINKS = `
umount /var/tmp
mkdir /data; mount -t tmpfs -o mode=0755 tmpfs /data
${LINKED.map(link).join('')}
mkdir /data/scratch; ln -s /data/scratch /scratch; chmod 1777 /data/scratch /data/var-tmp
echo 'PORTAGE_TMPDIR="/scratch"' >>/etc/portage/make.conf
`

t.test('configuration that only root may read, keys beside it, and directories on another file system', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  const builder = lab.host('farm-a')
  const told = async (name: string): Promise<string> => (await client.read(`/usr/share/toy/${name}`)).trim()

  await t.test('/etc/portage under umask 077, with the key for the host in it', async t => {
    await sh(client, UNDER_UMASK + BESIDES)
    await python(client, 'record.py', ['app-made/needed-1', '/usr/share/made/needed'])
    await python(client, 'record.py', ['app-made/kept-1', ...OWNED])
    await client.write(FARM_YAML, farmYaml('/etc/portage/farm-key', MORE))
    await ebuilds(client, { 'app-toy/tells-1': { iuse: 'hot', body: TELLS } })
    await merge(t, client, 'app-toy/tells-1')
    t.equal(await told('tells'), '-O2 -DSOURCED hot brought')
    const configuration = ['/etc/portage/make.conf', '/etc/portage/farm-key']
    t.strictSame(await found(builder, configuration), ['/etc/portage/make.conf'])
    t.strictSame(await having(builder, await lineOf(client, '/etc/portage/farm-key')), [])
  })

  await t.test('include: brought what only root may read, and nothing beside it', async t => {
    const wanted = ['/etc/mine/key', '/root/wanted/file']
    t.strictSame(await found(builder, wanted), wanted)
    t.strictSame(await having(builder, `${MARK}beside`), [])
  })

  await t.test('exclude: kept what everybody may read, and what a package has', async t => {
    t.strictSame(await having(builder, `${MARK}excluded`), [])
    t.strictSame(await found(builder, ['/opt/public', ...OWNED]), [])
  })

  await t.test('an overlay of mode 0700; configuration in /root, which is; the key in /root/.ssh', async t => {
    const shut = ebuildText('app-toy/shut-1', { iuse: '+hot', body: TELLS })
    await client.write(`${OVERLAY}/app-toy/shut/shut-1.ebuild`, shut)
    await sh(client, SHUT)
    // For the next row.
    await sh(client, `cd /etc; echo ${MARK}once >once.conf; ln once.conf twice.conf; ln once.conf a-third.conf`)
    await client.write(FARM_YAML, farmYaml('/root/.ssh/farm-key'), 0o600)
    await merge(t, client, 'app-toy/shut-1')
    t.equal(await told('shut'), '-O2 -DSOURCED hot brought')
    t.strictSame(await having(builder, await lineOf(client, '/root/.ssh/farm-key')), [])
    t.strictSame(await found(builder, ['/root/.ssh', '/root/dotfiles/beside', '/root/wanted']), [])
  })

  await t.test('what only became private since the last merge, and is as it was besides', async t => {
    t.equal((await having(builder, `${MARK}once`)).length, 3, 'everybody might read it')
    await sh(client, 'chmod 0600 /etc/flags.conf /usr/share/made/needed /etc/once.conf')
    await merge(t, client, 'app-toy/tells-1')
    t.equal(
      await told('tells'),
      '-O2 -DSOURCED hot brought',
      'configuration and what a package brought are there all the same',
    )
    t.strictSame(await having(builder, `${MARK}once`), [], 'under none of its names')
  })

  await t.test('/home, /root, /var/tmp, /var/log, PKGDIR, DISTDIR, PORTAGE_TMPDIR on another file system', async t => {
    await sh(client, LINKS)
    const before = await ownFiles(builder)
    await ebuild(client, 'app-toy/linked-1', { iuse: 'hot', body: TELLS })
    await merge(t, client, 'app-toy/linked-1')
    t.equal(await told('linked'), '-O2 -DSOURCED  brought')
    t.strictSame(await having(builder, `${MARK}linked`), [])
    const way = '/data/root/dotfiles/portage/'
    const other = (await found(builder, ['/data'])).filter(path => !path.startsWith(way) && !way.startsWith(`${path}/`))
    t.strictSame(other, [], 'of /data there is the configuration alone')
    t.strictSame(differences(before, await ownFiles(builder)), [], 'outside of its directory the host is as it was')
  })
})
