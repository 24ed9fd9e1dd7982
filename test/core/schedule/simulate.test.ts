import fc from 'fast-check'
import t from 'tap'
import { Scheduler } from '../../../lib/core/schedule/scheduler.ts'
import { simulate, type Decider, type Incident, type SimulatedRun } from '../../../lib/core/schedule/simulate.ts'
import { hostsOf, problems, tasksOf, type Problem } from './support.ts'

const LITTLE = { lookAhead: 400 }

function runOf({ tasks, estimates, hosts }: Problem, incidents: Incident[] = []): SimulatedRun {
  return simulate({ tasks, hosts, incidents }, new Scheduler(estimates, LITTLE))
}

/** Looks at what was done, and not at what the simulator thinks of it. */
function check({ tasks, hosts }: Problem, { jobs, makespan }: SimulatedRun): void {
  const committed = jobs.filter(job => job.outcome === 'committed')
  const ends = new Map(committed.map(job => [job.task, job.end]))
  if (ends.size !== committed.length) throw new Error('a package was committed twice')
  for (const task of tasks) {
    if (!ends.has(task.id)) throw new Error(`${task.id} was not built`)
    for (const job of jobs.filter(each => each.task === task.id)) {
      if (task.needs.some(need => (ends.get(need) ?? Infinity) > job.start)) throw new Error(`${task.id} was too early`)
    }
  }
  const memory = new Map(tasks.map(task => [task.id, task.memory ?? 0]))
  for (const host of hosts) {
    const here = jobs.filter(job => job.host === host.name)
    for (const { start } of here) {
      const then = here.filter(job => job.start <= start && job.end > start)
      const sum = (of: (job: (typeof then)[number]) => number): number => then.reduce((all, job) => all + of(job), 0)
      if (then.length > host.slots) throw new Error('more jobs than slots')
      if (sum(job => job.cores) > (host.cores ?? host.slots)) throw new Error('more cores than there are')
      if (sum(job => memory.get(job.task) ?? 0) > (host.memory ?? Infinity)) throw new Error('too little memory')
    }
  }
  if (Math.max(...ends.values()) !== makespan) throw new Error('the makespan is not the last commit')
}

void t.test('every package is built once, and no limit is exceeded, whatever the estimates are', async t => {
  fc.assert(
    fc.property(problems(), problem => {
      check(problem, runOf(problem))
    }),
    { numRuns: 150 },
  )
  t.pass()
})

void t.test('the same when a host dies and another becomes slow', async t => {
  fc.assert(
    fc.property(problems(), fc.nat({ max: 300 }), fc.nat({ max: 300 }), (problem, death, slow) => {
      const [first, ...others] = problem.hosts
      const last = others.at(-1)
      const incidents: Incident[] = [{ type: 'speed', at: slow, host: first?.name ?? '', speed: 0.5 }]
      // The first host takes everything, so that all can still be built.
      if (last) incidents.push({ type: 'death', at: death, host: last.name })
      check(problem, runOf(problem, incidents))
    }),
    { numRuns: 150 },
  )
  t.pass()
})

void t.test('the same input gives the same schedule', async t => {
  fc.assert(
    fc.property(problems(), problem => {
      t.strictSame(runOf(problem).jobs, runOf(problem).jobs)
    }),
    { numRuns: 30 },
  )
})

void t.test('with one slot a host it is never slower than the fastest alone, however wrong the estimates', async t => {
  fc.assert(
    fc.property(problems({ slots: 1 }), ({ tasks, estimates, hosts }) => {
      const bare = (those: Problem['tasks']): Problem['tasks'] =>
        those.map(({ id, needs, seconds }) => ({ id, needs, seconds }))
      const simple = hosts.map(({ name, speed }) => ({ name, speed, slots: 1 }))
      const work = tasks.reduce((sum, task) => sum + task.seconds, 0)
      // One job's noise may tell of a host that it is slow. Here speeds are certain.
      const { makespan } = simulate({ tasks: bare(tasks), hosts: simple }, new Steady(bare(estimates), LITTLE))
      if (makespan > work / Math.max(...hosts.map(host => host.speed)) + 1e-6) throw new Error('slower than one host')
    }),
    { numRuns: 300 },
  )
  t.pass()
})

/** A scheduler that is told after each job how fast its host is. */
class Steady extends Scheduler implements Decider {
  readonly #speeds = new Map<string, number>()

  override apply(event: Parameters<Scheduler['apply']>[0]): void {
    super.apply(event)
    if (event.type === 'host-ready') this.#speeds.set(event.host.name, event.host.speed)
    if (event.type === 'built') {
      super.apply({ type: 'host-speed', at: event.at, host: event.host, speed: this.#speeds.get(event.host) ?? 1 })
    }
  }
}

void t.test('with right estimates it is never slower than any host alone with all its slots', async t => {
  fc.assert(
    fc.property(problems(), ({ tasks, hosts }) => {
      const bare = tasks.map(({ id, needs, seconds }) => ({ id, needs, seconds }))
      const plain = hosts.map(({ name, speed, slots }) => ({ name, speed, slots }))
      const all = simulate({ tasks: bare, hosts: plain }, new Scheduler(bare, LITTLE)).makespan
      for (const host of plain) {
        const alone = simulate({ tasks: bare, hosts: [host] }, new Scheduler(bare, { lookAhead: 0 })).makespan
        if (all > alone + 1e-6) throw new Error(`${all} together, ${alone} on ${host.name} alone`)
      }
    }),
    { numRuns: 150 },
  )
  t.pass()
})

void t.test('no slot is idle while something is ready, unless that is faster on a busier host', async t => {
  fc.assert(
    fc.property(problems({ slots: 1 }), ({ tasks, hosts }) => {
      const equal = hosts.map(({ name }) => ({ name, slots: 1, speed: 1 }))
      const bare = tasks.map(({ id, needs, seconds }) => ({ id, needs, seconds }))
      const { jobs } = simulate({ tasks: bare, hosts: equal }, new Scheduler(bare, { lookAhead: 0, copies: 'never' }))
      for (const job of jobs) {
        if (job.start === job.ready) continue
        const busy = jobs.filter(other => other.start < job.start && other.end >= job.start)
        if (busy.length < equal.length) throw new Error(`${job.task} waited on equal hosts while one was free`)
      }
    }),
    { numRuns: 150 },
  )
  t.pass()
})

void t.test('the referee stops who breaks a rule', async t => {
  const tasks = tasksOf('a:1 b:1<a')
  const start = (task: string, host: string): Decider => ({
    apply: () => undefined,
    decide: () => ({ starts: [{ task, host, cores: 1, finish: 1, isCopy: false }], cancels: [], wake: null }),
  })
  t.throws(() => simulate({ tasks, hosts: hostsOf(1) }, start('b', 'h0')), /b was started before all that it needs/)
  t.throws(() => simulate({ tasks, hosts: hostsOf(1) }, start('a', 'h1')), /h1 is not there/)
  t.throws(() => simulate({ tasks: tasksOf('a:1 b:1'), hosts: hostsOf(1) }, start('a', 'h0')), /a was started though/)
  const idle: Decider = { apply: () => undefined, decide: () => ({ starts: [], cancels: [], wake: null }) }
  t.throws(() => simulate({ tasks, hosts: hostsOf(1) }, idle), /nothing runs, nothing is started/)
})
