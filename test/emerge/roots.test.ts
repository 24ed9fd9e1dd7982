import t from 'tap'
import { FARM_DIR, FARM_YAML } from '../lab/lab.ts'
import { distfile, ebuild, ebuilds, manifest } from '../lab/repo.ts'
import { builtOn, lastRun, leftovers, ofType, startLab } from './support.ts'

/** Bytes of a first copy after which it is cut: about half of a lab's root. */
const HALF = 250e6

t.test('where job roots and sources come from', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  const builder = lab.host('farm-a')
  const host = (options: string): Promise<void> =>
    client.write(FARM_YAML, `hosts:\n  - ssh: farm-a\n${options.replaceAll(/^/gm, '    ')}\n`)
  await ebuilds(client, {
    'app-toy/lib-1': {},
    'app-toy/one-1': { depend: 'app-toy/lib' },
    'app-toy/two-1': { depend: 'app-toy/lib' },
  })

  await t.test('what is not here is fetched where the build runs', async t => {
    await client.write('/srv/www/far-1.txt', 'fetched\n')
    const server = client.spawn(['python3', '-u', '-m', 'http.server', '--directory', '/srv/www', '8080'])
    await server.until(/Serving HTTP/)
    await distfile(client, 'far-1.txt', 'fetched\n')
    const body = 'S="${WORKDIR}"\nsrc_install() {\n\tinsinto /usr/share/toy\n\tdoins "${DISTDIR}"/far-1.txt\n}\n'
    await ebuild(client, 'app-toy/far-1', { srcUri: `http://${client.address}:8080/far-1.txt`, body })
    await manifest(client, 'app-toy/far-1')
    await client.must(['rm', '/var/cache/distfiles/far-1.txt'])

    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/far'])
    server.kill('SIGTERM')
    t.equal(code, 0, all)
    t.equal(builtOn(await lastRun(client), 'app-toy/far-1'), 'farm-a')
    t.equal(await client.read('/usr/share/toy/far-1.txt'), 'fetched\n')
    t.match((await server.result).all, `${builder.address} - - `, 'the builder asked for it')
    t.notOk(await client.exists('/var/cache/distfiles/far-1.txt'), 'it was not downloaded here')
  })

  await t.test('a root serves one build after another, and gets what it lacks once', async t => {
    await client.must(['emerge', '--oneshot', 'app-toy/one', 'app-toy/two'])
    const chosen = ofType(await lastRun(client), 'root-chosen')
    t.equal(new Set(chosen.map(event => event.root)).size, 1, 'one root')
    t.strictSame(
      chosen.flatMap(event => event.installs),
      ['app-toy/lib-1::gentoo'],
      'lib was installed into it once',
    )
  })

  await t.test('clean: true gives each build a root of its own', async t => {
    await client.must(['emerge', '--unmerge', 'app-toy/lib', 'app-toy/one', 'app-toy/two'])
    await host('clean: true')
    await client.must(['emerge', '--oneshot', 'app-toy/one', 'app-toy/two'])
    const chosen = ofType(await lastRun(client), 'root-chosen')
    t.equal(new Set(chosen.map(event => event.root)).size, 3)
    t.equal(chosen.flatMap(event => event.installs).length, 2)
  })

  await t.test('root: path builds over a root that the user keeps there', async t => {
    await builder.must(['sh', '-c', `cp -a ${FARM_DIR}/clients/*/root-1 ${FARM_DIR}/kept; rm -rf ${FARM_DIR}/clients`])
    await host(`root:\n  path: ${FARM_DIR}/kept`)
    await client.must(['emerge', '--oneshot', 'app-toy/lib'])
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/lib-1'), 'farm-a')
    t.strictSame(ofType(events, 'mirror-started'), [], 'nothing was copied')
    t.strictSame(await leftovers(builder), [])
  })

  await t.test('a copy that was cut is gone on with', async t => {
    await host('')
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/lib'])
    await emerge.until(/farm-a gets a copy/)
    for (let sent = 0; sent < HALF;) {
      await new Promise(resolve => setTimeout(resolve, 100))
      const events = await lastRun(client)
      sent = Math.max(
        ...[...ofType(events, 'mirror-progress'), ...ofType(events, 'mirror-finished')].map(each => each.bytes),
      )
    }
    emerge.kill('SIGINT')
    await emerge.result
    await client.must(['emerge', '--oneshot', 'app-toy/lib'])
    const [copied] = ofType(await lastRun(client), 'mirror-finished')
    t.ok((copied?.bytes ?? 0) < 0.7 * (copied?.size ?? 0), `${copied?.bytes} of ${copied?.size} bytes were sent`)
  })
})
