/** Several originators at one store, and its results as a binhost. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Lab, STORE } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import type { LabHost } from '../lab/host.ts'
import { installed, startLab } from './support.ts'
import { attempts, begun, endWorkers, startWorkers, stories, storeIsTidy } from './workers.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`)

/** Reads the index of the store's binpkgs as a client may, again and again. */
class Reader {
  readonly faults: string[] = []
  /** The numbers of entries that it has seen. */
  readonly counts = new Set<number>()
  readonly #directory: string
  readonly #reading: Promise<void>
  #isOver = false

  constructor(lab: Lab) {
    this.#directory = join(lab.store ?? '', 'binpkgs')
    this.#reading = this.#read()
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#reading
    await this.#look()
  }

  async #read(): Promise<void> {
    while (!this.#isOver) {
      await this.#look()
      await sleep(5)
    }
  }

  async #look(): Promise<void> {
    const text = await readFile(join(this.#directory, 'Packages'), 'utf8').catch(() => null)
    if (text === null) return
    const [header, ...entries] = text.trim().split(/\n\n+/).map(fields)
    this.counts.add(entries.length)
    if (header?.get('PACKAGES') !== String(entries.length)) this.faults.push(`${text.length} bytes are half an index`)
    for (const entry of entries) {
      const content = await readFile(join(this.#directory, entry.get('PATH') ?? '')).catch(() => Buffer.alloc(0))
      const sha1 = createHash('sha1').update(content).digest('hex')
      if (entry.get('SIZE') !== String(content.length) || entry.get('SHA1') !== sha1) {
        this.faults.push(`${entry.get('CPV') ?? ''} is not what Packages says`)
      }
    }
  }
}

function fields(text: string): Map<string, string> {
  return new Map(text.split('\n').map(line => [line.replace(/: .*/, ''), line.replace(/^\w+: /, '')]))
}

t.test('two clients with the same system', async t => {
  const lab = await startLab(t, { store: true, clients: 2 })
  const [one, two] = lab.clients as [LabHost, LabHost]
  for (const client of lab.clients) await seedGraph(client, { seconds: 5 })
  const workers = await startWorkers(lab)
  const reader = new Reader(lab)

  await t.test('at the same time: each package is built once, and both have it', async t => {
    const both = await Promise.all(lab.clients.map(client => client.run(['emerge', 'app-toy/pkg-a'], { timeout: 600 })))
    for (const { code, all } of both) t.equal(code, 0, all)
    for (const client of lab.clients) t.strictSame(await installed(client), NAMES)
    t.same(begun(workers), Object.fromEntries(NAMES.map(name => [name, 1])))
    const all = stories(await attempts(lab))
    t.equal(all.length, 5)
    for (const each of all) t.match(each, /^worker-[abc] built committed$/)
    const contents = async (client: LabHost): Promise<string> =>
      client.must(['sh', '-c', 'cat /var/db/pkg/app-toy/*/BUILD_TIME'])
    t.equal(await contents(one), await contents(two), 'the same builds')
  })

  await t.test('one after the other: the second takes what the first had built', async t => {
    const cpv = 'app-toy/later-1'
    for (const client of lab.clients) {
      await ebuilds(client, { [cpv]: { depend: 'app-toy/pkg-a', seconds: 1 } })
      const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/later'])
      t.equal(code, 0, all)
      t.ok((await installed(client)).includes(cpv))
    }
    t.equal(begun(workers)[cpv], 1, 'it was built once')
    await storeIsTidy(t, lab)
  })

  await t.test('what is committed is a binhost, at every moment', async t => {
    await reader.end()
    t.strictSame(reader.faults, [])
    t.ok(reader.counts.size > 2, `it was read while it grew: ${[...reader.counts].join(', ')}`)
    t.equal(Math.max(...reader.counts), 6, 'each package is there once')
    await two.must([
      'sh',
      '-c',
      'emerge --unmerge app-toy/later app-toy/pkg-a app-toy/pkg-b; rm -rf /var/cache/binpkgs/*',
    ])
    const env = { PORTAGE_FARM: '0', PORTAGE_BINHOST: `file://${STORE}/binpkgs` }
    const { code, all } = await two.run(['emerge', '--getbinpkgonly', '--oneshot', 'app-toy/later', 'app-toy/pkg-a'], {
      env,
    })
    t.equal(code, 0, all)
    t.ok((await installed(two)).includes('app-toy/pkg-b-1'))
  })

  await endWorkers(t, workers)
})
