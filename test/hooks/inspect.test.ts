import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Expected, RequestPackage } from '../../lib/core/request.ts'
import type { BinaryMetadata } from '../../lib/core/verify/found.ts'
import { verify } from '../../lib/core/verify/verify.ts'
import { ebuild } from '../core/support.ts'
import { INSTALLED } from '../lab/install.ts'
import { Lab } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuildPath, ebuilds } from '../lab/repo.ts'

t.setTimeout(900_000)

interface Answer {
  id: number | null
  metadata?: BinaryMetadata & { size: number }
  what?: string
  error?: string
}

/** A plan of which a package is the honest result. */
function planOf(found: BinaryMetadata): RequestPackage {
  const kinds = Object.entries(found.bindings)
  const bindings = kinds.map(([kind, atoms]) => {
    return [kind, atoms.map(({ atom, slot }) => ({ atom, candidates: slot === null ? [] : [{ slot }] }))]
  })
  return ebuild('user', {
    ...found,
    cp: 'app-toy/user',
    expected: {
      ebuild: found.ebuild ?? '',
      recorded: found.recorded,
      libc: found.libc,
      bindings: Object.fromEntries(bindings) as Expected['bindings'],
      unchanged: ['CHOST', 'CBUILD', 'CFLAGS', 'LDFLAGS'],
      keepsMachine: true,
    },
  })
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
      rdepend: 'app-toy/lib:= fast? ( app-toy/lib ) || ( app-toy/none:= app-toy/lib:= )',
      body: 'src_install() {\n\thead -c 200000 /dev/urandom > data || die\n\tinsinto /usr/share\n\tdoins data\n}\n',
    },
  })
  // For falsify.py, which has only Python's own decompressors.
  await client.must(['sh', '-c', 'echo BINPKG_COMPRESS=bzip2 >>/etc/portage/make.conf'])
  const env = { PORTAGE_FARM: '0', CFLAGS: '-O1' }
  await client.must(['emerge', '--oneshot', 'app-toy/lib'], { env })
  const build = async (format: string): Promise<void> => {
    const packages = { BINPKG_FORMAT: format, PKGDIR: `/var/tmp/${format}` }
    await client.must(['emerge', '--buildpkgonly', 'app-toy/user'], { env: { ...env, ...packages } })
  }
  for (const format of ['gpkg', 'xpak']) await build(format)

  const inspect = async (...lines: string[]): Promise<Answer[]> => {
    const { code, stdout, all } = await client.run(['python3.11', '-B', `${INSTALLED}/hooks/inspect`], {
      input: lines.join('\n') + '\n',
    })
    t.equal(code, 0, all)
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Answer)
  }
  const spoil = await readFile(join(PROJECT, 'test/hooks/spoil.py'), 'utf8')
  const falsify = await readFile(join(PROJECT, 'test/hooks/falsify.py'), 'utf8')

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
            repo: 'gentoo',
            eapi: '8',
            dependencies: {
              DEPEND: 'app-toy/lib:=',
              RDEPEND: 'app-toy/lib:= app-toy/lib || ( app-toy/none:= app-toy/lib:= )',
            },
            bindings: {
              RDEPEND: [
                { atom: 'app-toy/lib:0/7=', slot: '0/7' },
                { atom: 'app-toy/none:=', slot: null },
                { atom: 'app-toy/lib:0/7=', slot: '0/7' },
              ],
            },
            variables: { CFLAGS: '-O1' },
            recorded: { IUSE: '+fast slow', DEFINED_PHASES: 'install', LICENSE: 'MIT', INHERITED: '' },
            format,
            environment: true,
            libc: [],
            missingSonames: [],
            ebuild: (await client.must(['sha256sum', ebuildPath('app-toy/user-2-r1')])).slice(0, 64),
            size: Number(await client.must(['stat', '--format=%s', path])),
          },
        })
        const use = answer?.metadata?.use ?? []
        t.ok(use.includes('fast') && !use.includes('slow'), use.join(' '))
      })

      await t.test('broken ones, one after another, and a good one after them', async t => {
        const spoilt = (await client.must(['python3.11', '-c', spoil, path, `/var/tmp/spoilt-${format}`]))
          .trim()
          .split('\n')
        t.ok(spoilt.length >= 10)
        const requests = [...spoilt, path].map((each, id) => JSON.stringify({ id, path: each }))
        const answers = await inspect(...requests)
        t.equal(answers.length, requests.length)
        for (const [id, each] of spoilt.entries()) {
          t.equal(answers[id]?.id, id)
          t.type(answers[id]?.error, 'string', `${each}: ${JSON.stringify(answers[id])}`)
          t.equal(answers[id]?.what, 'integrity', each)
        }
        t.equal(answers.at(-1)?.metadata?.cpv, 'app-toy/user-2-r1')
      })

      await t.test('whole and wrong ones, each by its name', async t => {
        const directory = `/var/tmp/falsified-${format}`
        const written = (await client.must(['python3.11', '-c', falsify, path, directory])).trim().split('\n')
        const kinds = written.map(line => line.split('\t') as [kind: string, what: string, path: string])
        t.ok(kinds.length >= 45, `${kinds.length} kinds`)
        const answers = await inspect(
          ...kinds.map(([, , path], id) => JSON.stringify({ id, path, needs: [], most: 64 * 2 ** 20 })),
        )
        const honest = answers[0]?.metadata
        if (honest === undefined) throw new Error(`the honest one: ${JSON.stringify(answers[0])}`)
        const planned = planOf(honest)
        const circumstances = {
          place: path.slice(`/var/tmp/${format}/`.length),
          format,
          isCommitted: () => true,
          configured: null,
        }
        for (const [index, [kind, what]] of kinds.entries()) {
          const { metadata, what: fault } = answers[index] ?? {}
          const names = metadata ? verify(planned, metadata, circumstances).map(each => each.what) : [fault]
          // What is another package in truth differs in more than that.
          t.strictSame(names.slice(0, 1), what === '' ? [] : [what], `${kind}: ${JSON.stringify(answers[index])}`)
        }
      })
    })
  }

  await t.test('one that takes too long to read, and a good one after it', async t => {
    const path = '/var/tmp/falsified-gpkg/endless-image.gpkg.tar'
    const good = '/var/tmp/falsified-gpkg/honest.gpkg.tar'
    const began = performance.now()
    const answers = await inspect(JSON.stringify({ id: 1, path, seconds: 1 }), JSON.stringify({ id: 2, path: good }))
    t.match(answers, [
      { id: 1, what: 'limits', error: /^it takes more than 1 s of computing|more computing to unpack|within 2 s/ },
      { id: 2 },
    ])
    t.equal(answers[1]?.metadata?.cpv, 'app-toy/user-2-r1')
    t.ok(performance.now() - began < 30_000)
  })

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
