/**
 * Within a made-up root: copies it, and measures copying it again, unchanged, in pairs, as it was before and as it is. Prints a
 * line of JSON. Started by bench/copying.ts.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseFarmConfig } from '../../lib/edge/config/parse.ts'
import { HERE } from '../../lib/edge/host/local.ts'
import { RootSender } from '../../lib/edge/host/root-sender.ts'
import { rsync, type Transferred } from '../../lib/edge/host/rsync.ts'
import { Extent } from '../../lib/farm/extent.ts'
import { Apart } from '../../lib/farm/apart.ts'
import { Copying, type Copy } from '../../lib/farm/copying.ts'
import { lookedThrough, writeRules } from '../../lib/farm/mirror-places.ts'
import type { CopyingResult, First, Second } from '../cases/copying.ts'
import { copyAsBefore, writeRulesBefore } from './before.ts'
import { REPOSITORY, SETTINGS } from './made-up.ts'

/** What the rules do not send. */
const WORK = '/mnt/work'
const STATE = '/var/lib/portage-farm'
const CONFIGURED = { settings: SETTINGS, repositories: [{ name: 'gentoo', location: REPOSITORY }] }

const NOTHING: Transferred = {
  ...{ bytes: 0, size: 0, files: 0, seconds: 0, vanished: false },
  ...{ denied: [], chmodded: [] },
}

const config = ((): Parameters<typeof writeRules>[0] => {
  const parsed = parseFarmConfig('hosts:\n  - ssh: nowhere\n', 'farm.yaml')
  if (!parsed.ok) throw new Error(parsed.problems.map(each => each.message).join('; '))
  return parsed.config
})()

/** Seconds of CPU time of this process and of those that it has waited for (proc_pid_stat(5), fields 14 to 17). */
async function cpu(): Promise<number> {
  const fields = (await readFile('/proc/self/stat', 'utf8')).replace(/^.*\) /s, '').split(' ')
  // USER_HZ is 100 wherever Linux runs Node.
  return fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0) / 100
}

async function timed<T>(action: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = performance.now()
  const value = await action()
  return { value, seconds: (performance.now() - began) / 1000 }
}

async function before(): Promise<First> {
  const began = await cpu()
  const { value, seconds } = await timed(async () => copyAsBefore(join(WORK, 'before.rules'), join(WORK, 'before')))
  return { seconds, files: value.files, cpu: (await cpu()) - began }
}

/** All that a run does of it, to one host. */
async function after(run: string): Promise<Second> {
  const began = await cpu()
  let files = 0
  const sender = new RootSender(async job => rsync(HERE, job), 'host', WORK)
  const place = { path: join(WORK, 'after'), base: null }
  const copy: Copy = {
    copy: async (rules, onProgress, signal) => {
      const transferred = await sender.copy(place, rules, onProgress, signal)
      files = transferred.files
      return transferred
    },
    // What a plan needs of repositories was sent as it is now before there were rules.
    copyPaths: async () => Promise.resolve({ ...NOTHING }),
    copyApart: async (from, signal) => sender.copyApart(place, from, signal),
    finish: async () => Promise.resolve(),
  }
  const apart = new Apart(join(STATE, 'apart', run))
  // As lib/farm/prepare.ts: the rules when emerge begins, and again while that is copied, when there is a plan; what rsync must
  // not meet is looked for as it begins.
  const rules = await timed(async () => writeRules(config, CONFIGURED, WORK, []))
  const checked = lookedThrough(rules.value, config, CONFIGURED, WORK)
  const shared = { rules: rules.value, checked, extent: new Extent(rules.value, STATE), apart }
  const copying = new Copying('host', copy, shared, () => undefined, new AbortController().signal)
  const copied = copying.root()
  const root = await timed(async () => {
    const again = await writeRules(config, CONFIGURED, WORK, (await checked).hidden)
    const apart = again.besides.apart()
    await Promise.all([copied, apart])
    return again
  })
  const settled = await timed(async () => copying.settle({ rules: root.value, packages: [] }))
  await apart.remove()
  if (root.value.texts.root !== rules.value.texts.root) throw new Error('the rules of an unchanged root are others')
  return { files, rules: rules.seconds, root: root.seconds, settled: settled.seconds, cpu: (await cpu()) - began }
}

async function main(pairs: number): Promise<CopyingResult> {
  for (const name of ['before', 'after', 'after.apart']) await mkdir(join(WORK, name), { recursive: true })
  await writeRulesBefore(join(WORK, 'before.rules'), REPOSITORY)
  await before()
  await after('first')
  const found: CopyingResult['pairs'] = []
  // The first pair finds the caches as the copies left them.
  for (let pair = 0; pair <= pairs; pair++) {
    const is = pair % 2 === 0 ? null : await after(`run-${pair}`)
    const was = await before()
    found.push({ before: was, after: is ?? (await after(`run-${pair}`)) })
  }
  return { pairs: found.slice(1) }
}

console.log(JSON.stringify(await main(Number(process.argv[2]))))
