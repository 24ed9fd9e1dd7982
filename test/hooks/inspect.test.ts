import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { INSTALLED } from '../lab/install.ts'
import { Lab } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds } from '../lab/repo.ts'

t.setTimeout(900_000)

interface Answer {
  id: number | null
  metadata?: Record<string, unknown>
  error?: string
}

t.test('hooks/inspect says what is in a binary package, and that a broken one is broken', async t => {
  const lab = await Lab.start({ builders: 0 })
  t.teardown(async () => lab.stop())
  const { client } = lab
  await ebuilds(client, {
    'app-toy/lib-1': { slot: '0/7' },
    // Random, so that the archive is big enough to be cut and changed in many places.
    'app-toy/user-2-r1': {
      slot: '2/5',
      iuse: '+fast slow',
      depend: 'app-toy/lib:=',
      rdepend: 'app-toy/lib:= fast? ( app-toy/lib )',
      body: 'src_install() {\n\thead -c 200000 /dev/urandom > data || die\n\tinsinto /usr/share\n\tdoins data\n}\n',
    },
  })
  const env = { PORTAGE_FARM: '0', CFLAGS: '-O1' }
  await client.must(['emerge', '--oneshot', 'app-toy/lib'], { env })
  const build = async (format: string): Promise<void> => {
    const packages = { BINPKG_FORMAT: format, PKGDIR: `/var/tmp/${format}` }
    await client.must(['emerge', '--buildpkgonly', 'app-toy/user'], { env: { ...env, ...packages } })
  }
  for (const format of ['gpkg', 'xpak']) await build(format)

  const inspect = async (...lines: string[]): Promise<Answer[]> => {
    const { code, stdout, all } = await client.run([`${INSTALLED}/hooks/inspect`], { input: lines.join('\n') + '\n' })
    t.equal(code, 0, all)
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Answer)
  }
  const spoil = await readFile(join(PROJECT, 'test/hooks/spoil.py'), 'utf8')

  for (const format of ['gpkg', 'xpak']) {
    await t.test(format, async t => {
      const path = (await client.must(['find', `/var/tmp/${format}/app-toy`, '-type', 'f'])).trim()
      t.match(path, format === 'gpkg' ? /user-2-r1-1\.gpkg\.tar$/ : /user-2-r1(-1)?\.(xpak|tbz2)$/)

      await t.test('a good one', async t => {
        const [answer] = await inspect(JSON.stringify({ id: 7, path }))
        t.match(answer, {
          id: 7,
          metadata: {
            cpv: 'app-toy/user-2-r1',
            slot: '2',
            subSlot: '5',
            repo: 'farm-test',
            eapi: '8',
            dependencies: { DEPEND: 'app-toy/lib:=', RDEPEND: 'app-toy/lib:= app-toy/lib' },
            variables: { CFLAGS: '-O1' },
            unbound: [],
            size: Number(await client.must(['stat', '--format=%s', path])),
          },
        })
        const use = answer?.metadata?.['use'] as string[]
        t.ok(use.includes('fast') && !use.includes('slow'), use.join(' '))
      })

      await t.test('broken ones, one after another, and a good one after them', async t => {
        const spoilt = (await client.must(['python3', '-c', spoil, path, `/var/tmp/spoilt-${format}`]))
          .trim()
          .split('\n')
        t.ok(spoilt.length >= 10)
        const requests = [...spoilt, path].map((each, id) => JSON.stringify({ id, path: each }))
        const answers = await inspect(...requests)
        t.equal(answers.length, requests.length)
        for (const [id, each] of spoilt.entries()) {
          t.equal(answers[id]?.id, id)
          t.type(answers[id]?.error, 'string', `${each}: ${JSON.stringify(answers[id])}`)
        }
        t.equal(answers.at(-1)?.metadata?.['cpv'], 'app-toy/user-2-r1')
      })
    })
  }

  await t.test('requests that are none', async t => {
    const answers = await inspect(
      'nonsense',
      '',
      '[]',
      '{}',
      '{"id":1}',
      '{"id":2,"path":"/nonexistent"}',
      '{"id":3,"path":"/etc"}',
    )
    t.strictSame(
      answers.map(answer => [answer.id, typeof answer.error]),
      [null, null, null, null, 1, 2, 3].map(id => [id, 'string']),
    )
  })
})
