import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds, installedPath } from '../lab/repo.ts'
import { builtOn, installed, lastRun, ofType, startLab } from './support.ts'

/** What its seed makes of what a host says, once its copy is there; of other seeds test/hostile/all.test.ts has more. */
const SEEDS = [77, 76]
/** Seconds that an emerge may take here: none of the bounds of docs/failures.md is met, and this machine may be busy. */
const MOST = 600

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

t.test('the only host is one whose every answer is altered', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  const evil = lab.host('farm-a')
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    jobs: 2\n')
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
        const words = await client.read(installedPath(cpv))
        t.ok(words.startsWith(`${cpv}:0 `), `as it must be, built on ${builtOn(events, cpv)}`)
      }
      const notes = await evil.run(['sh', '-c', `cat ${HOSTILE}/notes && rm ${HOSTILE}/notes`])
      t.not(notes.stdout, '', 'something was altered')
      const failures = ofType(events, 'attempt-failed').map(({ reason }) => reason)
      t.comment(`${seconds} s; ${notes.stdout.trim().split('\n').join(', ')}; ${failures.join('; ')}`)
    })
  }
})
