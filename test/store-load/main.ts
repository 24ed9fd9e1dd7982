/**
 * What the records of a store cost: many tiny packages, many workers.
 *
 *   npm run store-load -- [--workers N] [--packages N] [--jobs N]
 *
 * Real emerge, real builds. Prints a line of JSON; exits with 1 if a package was built twice, or not at all.
 */
import { parseArgs } from 'node:util'
import { Lab } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { begun, startWorkers, type Worker } from '../lab/worker.ts'

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '8' },
    packages: { type: 'string', default: '40' },
    jobs: { type: 'string', default: '1' },
  },
})
const [workers, packages] = [Number(values.workers), Number(values.packages)]

/** What a worker says at its end of the time it had something to build, and of the part that looking took. */
function figures({ name, said }: Worker): { worker: string; looks: number; looking: number; building: number } {
  const [, looks = '', looking = '', building = ''] = /looked (\d+) times, in ([\d.]+) s of ([\d.]+) s/.exec(said) ?? []
  return { worker: name, looks: Number(looks), looking: Number(looking), building: Number(building) }
}

const lab = await Lab.start({ store: true, workers })
try {
  const { client } = lab
  const names = Array.from({ length: packages }, (_, index) => `app-toy/tiny${index + 1}`)
  await ebuilds(client, Object.fromEntries(names.map(name => [`${name}-1`, {}])))
  const working = await startWorkers(lab, '--jobs', values.jobs)
  const began = performance.now()
  const { code, all } = await client.run(['emerge', '--oneshot', ...names], { timeout: 6 * 3600 })
  const seconds = Math.round((performance.now() - began) / 1000)
  if (code !== 0) throw new Error(`emerge failed with ${code}\n${all}`)
  for (const each of working) await each.end()

  const each = working.map(figures)
  const sum = (of: 'looking' | 'building'): number => each.reduce((total, worker) => total + worker[of], 0)
  const counts = Object.values(begun(working))
  const builtTwice = counts.filter(count => count > 1).length
  const ratio = Number((sum('looking') / sum('building')).toFixed(4))
  const built = counts.length
  process.stdout.write(`${JSON.stringify({ workers, packages, built, builtTwice, seconds, ratio, each })}\n`)
  if (builtTwice > 0 || built < packages) process.exitCode = 1
} finally {
  await lab.stop()
}
