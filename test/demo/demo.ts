/**
 * The demonstration: a farm on this machine, and a real emerge that has its packages built on three hosts.
 *
 *   npm run demo              watch it
 *   npm run demo -- --store   the same without a network: workers that share a directory with the client
 *   npm run demo -- --json    only the run's events as JSON lines, then one line for each package
 */
import { parseArgs } from 'node:util'
import type { FarmEvent } from '../../lib/core/event.ts'
import { packageReports } from '../../lib/report/summary.ts'
import { Lab, missing } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import { hosts } from './hosts.ts'
import { store } from './store.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, store: { type: 'boolean', default: false } },
})
const farm = values.store ? store : hosts
const tell = (text: string): void => {
  if (!values.json) process.stdout.write(text)
}

process.exitCode = await main()

async function main(): Promise<number> {
  const lacking = await missing()
  if (lacking.length > 0) {
    process.stderr.write(
      `This machine cannot carry the demonstration. It lacks:\n${lacking.map(each => `  ${each}\n`).join('')}`,
    )
    return 1
  }
  tell(`${farm.opening} (the first time, this makes their images)\n`)
  const lab = await Lab.start(farm.options)
  try {
    return await demonstrate(lab)
  } finally {
    await lab.stop()
  }
}

async function demonstrate(lab: Lab): Promise<number> {
  const { client } = lab
  await farm.begin(lab, tell)
  await seedGraph(client, { seconds: 5 })
  tell('\npkg-a needs pkg-b, pkg-c and pkg-d, and each of those needs pkg-e. Each takes 5 seconds to compile.\n')
  tell(`The client's /etc/portage/farm.yaml:\n\n${await client.read('/etc/portage/farm.yaml')}\n`)
  tell('client # emerge app-toy/pkg-a\n')
  const emerge = client.spawn(['emerge', 'app-toy/pkg-a'])
  if (!values.json) {
    emerge.stdout.pipe(process.stdout, { end: false })
    emerge.stderr.pipe(process.stdout, { end: false })
  }
  const { code, all } = await emerge.result
  if (code !== 0) process.stderr.write(`emerge ended with ${code}\n${values.json ? all : ''}${farm.said()}`)
  const log = await client.run(['sh', '-c', 'cat /var/lib/portage-farm/runs/*/events.jsonl'])
  const events = log.stdout
    .trim()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as FarmEvent)
  if (values.json) printJson(events)
  else printTable(events)
  if (code === 0) await farm.end(lab, tell)
  return code
}

function printJson(events: FarmEvent[]): void {
  const reports = packageReports(events).map(report => ({ type: 'package', ...report }))
  for (const line of [...events, ...reports]) process.stdout.write(JSON.stringify(line) + '\n')
}

/** Who built what, and when, in seconds from the start of the run. */
function printTable(events: FarmEvent[]): void {
  const start = events[0]?.at ?? 0
  const since = (at: number | null): string => (at === null ? '-' : `${((at - start) / 1000).toFixed(1)} s`)
  const row = (...cells: string[]): string =>
    `  ${cells.map((cell, i) => cell.padEnd(i === 0 ? 28 : 11)).join(' ')}`.trimEnd()
  tell(`\nWho built what:\n${row('package', 'host', 'started', 'committed', 'installed')}\n`)
  for (const each of packageReports(events)) {
    tell(`${row(each.package, each.host ?? '-', since(each.started), since(each.committed), since(each.installed))}\n`)
  }
}
