import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML, type Lab } from '../lab/lab.ts'
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
  })
})
