/** The event log of a run that was broken off, cut at every byte: what the next run makes of each. */
import t from 'tap'
import { parseEvents } from '../../lib/core/event-log.ts'
import { makePlan } from '../../lib/core/plan.ts'
import type { PlanRequest } from '../../lib/core/request.ts'
import { reusable, type SystemState } from '../../lib/core/run/reuse.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import { installed, killAll, lastRun, leftovers, ofType, startLab, world } from './support.ts'

const NEWEST = '/var/lib/portage-farm/runs/$(ls /var/lib/portage-farm/runs | tail -n 1)'

async function ofNewest(client: LabHost, name: string): Promise<string> {
  return client.must(['sh', '-c', `cat "${NEWEST}/${name}"`])
}

/** A run that is killed when e is committed and the three that need it are being built. */
async function breakOff(client: LabHost): Promise<void> {
  const broken = client.spawn(['emerge', 'app-toy/pkg-a'])
  await broken.until(/Building app-toy\/pkg-d-1/, 120)
  await killAll(client, broken)
}

t.test('an event log that was cut', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client, { seconds: 5 })
  await client.write(FARM_YAML, `hosts:\n${lab.builders.map(({ name }) => `  - ssh: ${name}\n    jobs: 2\n`).join('')}`)
  await breakOff(client)
  const log = Buffer.from(await ofNewest(client, 'events.jsonl'))

  await t.test('at every byte: what is whole is used, and what is not is named', async t => {
    const request = JSON.parse(await ofNewest(client, 'plan.json')) as PlanRequest
    const system = JSON.parse(await ofNewest(client, 'system.json')) as SystemState
    const plan = makePlan(request)
    const { events: whole } = parseEvents(log.toString())
    const wrong: string[] = []
    for (let length = 0; length <= log.length; length++) {
      const text = log.subarray(0, length).toString()
      const { events, dropped } = parseEvents(text)
      const lines = text.split('\n')
      const rest = lines.pop() ?? ''
      const named = rest === '' ? '' : `line ${lines.length + 1}, the last one, is cut after ${rest.length} characters`
      if (dropped.join() !== named) wrong.push(`${length}: ${dropped.join()}`)
      if (events.length !== lines.length) wrong.push(`${length}: ${events.length} events of ${lines.length} lines`)
      const { committed, running } = reusable({ run: 'r', request, system, events }, request, plan, system)
      const expected = ofType(whole.slice(0, lines.length), 'committed').map(each => each.package)
      if ([...committed.keys()].join() !== expected.join())
        wrong.push(`${length}: uses ${[...committed.keys()].join()}`)
      const begun = new Set(ofType(whole.slice(0, lines.length), 'job-started').map(each => each.package))
      const open = [...begun].filter(id => !expected.includes(id) && committedAll(plan, id, committed))
      if ([...running.keys()].sort().join() !== open.sort().join())
        wrong.push(`${length}: ${[...running.keys()].join()}`)
    }
    t.strictSame(wrong, [])
    t.ok(log.length > 2000, `${log.length} bytes were cut at`)
    t.equal(ofType(whole, 'committed').length, 1, 'there was something to be used')
  })

  const cuts: [what: string, at: (log: Buffer) => number, isKnown: boolean][] = [
    ['nothing of it is left', () => 0, false],
    ['in the line that says that e is committed', log => log.indexOf('{"type":"committed"') + 30, false],
    ['in the last line', log => log.length - 10, true],
  ]
  for (const [index, [what, at, isKnown]] of cuts.entries()) {
    await t.test(`${what}: the same command ends well`, async t => {
      if (index > 0) {
        await client.must(['sh', '-c', 'rm -rf /var/db/pkg/app-toy /var/cache/binpkgs/* /var/lib/portage/world'])
        await breakOff(client)
      }
      const length = at(Buffer.from(await ofNewest(client, 'events.jsonl')))
      await client.must(['sh', '-c', `truncate -s ${length} "${NEWEST}/events.jsonl"`])
      const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
      t.equal(code, 0, all)
      const said = /not all is known of what could be gone on with; the log of the run before, .*: line \d+, the last/
      if (length === 0) t.notMatch(all, said)
      else t.match(all, said)
      t.equal((await installed(client)).length, 5)
      t.strictSame(await world(client), ['app-toy/pkg-a'])
      const events = await lastRun(client)
      const jobs = ofType(events, 'job-started').map(each => each.package)
      // A late build may have a second copy: one of the two is committed.
      const committed = ofType(events, 'committed').map(each => each.package)
      t.equal(committed.length, new Set(committed).size, 'nothing is committed twice in it')
      t.equal(jobs.includes('app-toy/pkg-e-1::gentoo'), !isKnown, 'e, unless it is known to be there')
      for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
    })
  }
})

function committedAll(plan: ReturnType<typeof makePlan>, id: string, committed: ReadonlyMap<string, unknown>): boolean {
  return (plan.byId.get(id)?.steps ?? []).every(step => step.operation === 'uninstall' || committed.has(step.id))
}
