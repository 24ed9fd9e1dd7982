import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds, installedPath } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, ofType, startLab } from './support.ts'

/** What its seed makes of what a host says, once its copy is there; of other seeds test/hostile/all.test.ts has more. */
const SEEDS = [52, 76, 102, 93]
/** Seconds that an emerge may take: some ten times what it takes with the honest host alone. */
const MOST = 240

const HOSTILE = '/usr/local/lib/hostile'

/** From now on all that the host says over its connections is altered. */
async function alter(host: LabHost, seed: number): Promise<void> {
  for (const name of ['alter.py', 'between.py']) {
    await host.write(`${HOSTILE}/${name}`, await readFile(join(PROJECT, 'test/hostile', name), 'utf8'))
  }
  const between = `/usr/bin/python3 -I ${HOSTILE}/between.py ${seed} ${HOSTILE}/notes / =`
  const program = (name: string, when: string): string =>
    `#!/bin/sh\nfor last; do :; done\n${when} && exec ${between} /usr/bin/${name} "$@"\nexec /usr/bin/${name} "$@"\n`
  await host.write('/usr/local/bin/python3', program('python3', '[ "$last" = farm_agent ]'), 0o755)
  await host.write('/usr/local/bin/rsync', program('rsync', '[ "$1" = --server ]'), 0o755)
}

t.test('a host whose every answer is altered, and an honest one', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  const [evil, honest] = [lab.host('farm-a'), lab.host('farm-b')]
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    jobs: 2\n  - ssh: farm-b\n')
  const names = (seed: number): string[] => ['a', 'b', 'c', 'd'].map(each => `app-toy/s${seed}${each}-1`)
  for (const seed of SEEDS) {
    const [first = '', ...others] = names(seed)
    const needs = first.replace(/-1$/, '')
    await ebuilds(client, {
      [first]: {},
      ...Object.fromEntries(others.map(each => [each, { depend: needs, rdepend: needs }])),
    })
  }

  for (const seed of SEEDS) {
    await t.test(`seed ${seed}`, async t => {
      await alter(evil, seed)
      const began = performance.now()
      const argv = ['emerge', '--oneshot', ...names(seed).map(each => `=${each}`)]
      const { code, all } = await client.run(argv, { timeout: 2 * MOST })
      const seconds = (performance.now() - began) / 1000
      t.equal(code, 0, all)
      t.ok(seconds < MOST, `${seconds} s`)
      const there = await installed(client)
      const events = await lastRun(client)
      for (const cpv of names(seed)) {
        t.ok(there.includes(cpv), cpv)
        t.equal(await client.read(installedPath(cpv)), `${cpv}:0 \n`, `as it must be, built on ${builtOn(events, cpv)}`)
      }
      const notes = await evil.run(['sh', '-c', `cat ${HOSTILE}/notes && rm ${HOSTILE}/notes`])
      t.not(notes.stdout, '', 'something was altered')
      const failures = ofType(events, 'attempt-failed').map(({ reason }) => reason)
      t.comment(`${seconds} s; ${notes.stdout.trim().split('\n').join(', ')}; ${failures.join('; ')}`)
      t.strictSame(await leftovers(honest), [])
      t.strictSame(
        events
          .filter(each => each.type === 'committed')
          .filter(each => !['farm-a', 'farm-b', 'here', 'home'].includes(each.host)),
        [],
      )
    })
  }
})
