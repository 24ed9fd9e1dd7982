import t from 'tap'
import { hostsOf, schedulerOf, startAll, tasksOf, tell } from './support.ts'

void t.test('a long package waits for the fast host, a short one does not', t => {
  const scheduler = schedulerOf(tasksOf('first:8 long:100 short:1'), hostsOf(8, 1), { copies: 'never' })
  t.strictSame(startAll(scheduler, 0), ['long on h0', 'first on h1'], 'the most urgent first')
  const why = scheduler.why('short', 0)
  t.match(why, { state: 'ready', next: { host: 'h1', start: 8, finish: 9 } }, 'the slow host has it sooner')
  t.strictSame(scheduler.decide(0).starts, [])
  t.end()
})

void t.test('it may wait for a faster host while another is free', t => {
  const scheduler = schedulerOf(tasksOf('a:80 b:79'), hostsOf(8, 1), { copies: 'never', lookAhead: 0 })
  t.strictSame(startAll(scheduler, 0), ['a on h0'], 'b is done at 19.9 on h0, at 79 on h1')
  const why = scheduler.why('b', 0)
  t.match(why, { state: 'ready', next: { host: 'h0', start: 10 } })
  t.match(why, {
    options: [
      { host: 'h0', obstacle: '' },
      { host: 'h1', finish: 79 },
    ],
  })
  t.end()
})

void t.test('asking changes nothing, and a commit releases what waited for it', t => {
  const scheduler = schedulerOf(tasksOf('a:3 b:2<a'), hostsOf(1))
  t.strictSame(scheduler.decide(0), scheduler.decide(0))
  t.strictSame(startAll(scheduler, 0), ['a on h0'])
  t.strictSame(scheduler.why('b', 1), { state: 'waiting', needs: ['a'] })
  tell(scheduler, { type: 'built', at: 3, task: 'a', host: 'h0' })
  t.strictSame(startAll(scheduler, 3), [], 'built is not committed')
  tell(scheduler, { type: 'committed', at: 4, task: 'a' })
  t.strictSame(startAll(scheduler, 4), ['b on h0'])
  t.throws(() => {
    tell(scheduler, { type: 'committed', at: 5, task: 'a' })
  }, /a is committed a second time/)
  t.end()
})

void t.test('a straggler gets a second copy, and the first commit cancels the other', t => {
  const scheduler = schedulerOf(tasksOf('a:10 b:9'), hostsOf(1, 1), { copies: 'gain' })
  t.strictSame(startAll(scheduler, 0), ['a on h0', 'b on h1'])
  tell(scheduler, { type: 'built', at: 9, task: 'b', host: 'h1' }, { type: 'committed', at: 9, task: 'b' })
  t.strictSame(startAll(scheduler, 9), [], 'a is expected to end now')
  let now = 9
  let started: string[] = []
  while (started.length === 0 && now < 1000) {
    now = scheduler.decide(now).wake ?? Infinity
    started = startAll(scheduler, now)
  }
  t.strictSame(started, ['a on h1, again'], 'it is so late that another try is expected to be faster')
  tell(scheduler, { type: 'built', at: 200, task: 'a', host: 'h1' }, { type: 'committed', at: 200, task: 'a' })
  t.strictSame(scheduler.decide(200).cancels, [{ task: 'a', host: 'h0' }])
  tell(scheduler, { type: 'cancelled', at: 200, task: 'a', host: 'h0' })
  t.strictSame(scheduler.decide(200), { starts: [], cancels: [], wake: null })
  t.end()
})

void t.test('the fastest host never pauses, if it is asked not to', t => {
  for (const [copies, expected] of [
    ['always', ['b on h0, again']],
    ['gain', []],
  ] as const) {
    const scheduler = schedulerOf(tasksOf('a:80 b:5'), hostsOf(8, 1), { copies })
    t.strictSame(startAll(scheduler, 0), ['a on h0', 'b on h1'])
    tell(scheduler, { type: 'built', at: 4.9, task: 'a', host: 'h0' }, { type: 'committed', at: 4.9, task: 'a' })
    t.strictSame(startAll(scheduler, 4.9), expected, copies)
  }
  t.end()
})

void t.test('what fails or is refused goes elsewhere; what no host can do stays', t => {
  const scheduler = schedulerOf(tasksOf('a:10'), hostsOf(2, 1), { copies: 'never', lookAhead: 0 })
  t.strictSame(startAll(scheduler, 0), ['a on h0'])
  tell(scheduler, { type: 'failed', at: 1, task: 'a', host: 'h0', retry: false })
  t.strictSame(startAll(scheduler, 1), ['a on h1'])
  tell(scheduler, { type: 'built', at: 11, task: 'a', host: 'h1' }, { type: 'refused', at: 12, task: 'a', host: 'h1' })
  t.strictSame(startAll(scheduler, 12), [])
  t.match(scheduler.why('a', 12), { state: 'ready', next: null, options: [{ obstacle: 'has failed it' }, {}] })
  tell(scheduler, { type: 'left', at: 13, task: 'a' })
  t.strictSame(scheduler.why('a', 13), { state: 'left' })
  tell(scheduler, { type: 'committed', at: 20, task: 'a' })
  t.strictSame(scheduler.why('a', 20), { state: 'committed' })
  t.end()
})

void t.test('a lost host gives back what ran there', t => {
  const scheduler = schedulerOf(tasksOf('a:10'), hostsOf(2, 1))
  t.strictSame(startAll(scheduler, 0)[0], 'a on h0')
  tell(scheduler, { type: 'host-lost', at: 1, host: 'h0' })
  const why = scheduler.why('a', 1)
  t.ok(why.state === 'ready' || why.state === 'running')
  tell(scheduler, { type: 'host-ready', at: 2, host: { name: 'h2', slots: 1, speed: 4 } })
  t.match(startAll(scheduler, 2), ['a on h2'])
  t.end()
})

void t.test('given up: those that can do without go on', t => {
  const scheduler = schedulerOf(tasksOf('a:1 b:1<a c:1<a'), hostsOf(1, 1), { copies: 'never' })
  tell(
    scheduler,
    { type: 'given-up', at: 0, task: 'a', freed: ['b'] },
    { type: 'given-up', at: 0, task: 'c', freed: [] },
  )
  t.strictSame(startAll(scheduler, 0), ['b on h0'])
  t.end()
})

void t.test('a new estimate changes the ranks of all that it is needed for', t => {
  const scheduler = schedulerOf(tasksOf('a:5 b:6 z:1<a'), hostsOf(1), { lookAhead: 0 })
  t.strictSame(scheduler.decide(0).starts[0]?.task, 'a', 'a tie, broken by the order')
  tell(scheduler, { type: 'estimated', at: 0, task: 'b', seconds: 9 })
  t.strictSame(scheduler.decide(0).starts[0]?.task, 'b')
  tell(scheduler, { type: 'estimated', at: 0, task: 'z', seconds: 20 })
  t.strictSame(scheduler.decide(0).starts[0]?.task, 'a')
  t.equal(scheduler.bound(0).seconds, 34)
  t.end()
})

void t.test('memory: a big package gets its room, and small ones only pass where they do not hold it up', t => {
  const tasks = [
    { id: 'big', seconds: 10, needs: ['gate'], memory: 8 },
    { id: 'gate', seconds: 1, needs: [], memory: 1 },
    { id: 'half', seconds: 5, needs: [], memory: 5 },
    { id: 'small', seconds: 2, needs: [], memory: 1 },
    { id: 'tail', seconds: 30, needs: ['big'] },
  ]
  const scheduler = schedulerOf(tasks, [{ name: 'h0', slots: 3, speed: 1, memory: 8 }], {
    copies: 'never',
    lookAhead: 0,
  })
  t.strictSame(startAll(scheduler, 0), ['gate on h0', 'half on h0', 'small on h0'])
  tell(scheduler, { type: 'built', at: 1, task: 'gate', host: 'h0' }, { type: 'committed', at: 1, task: 'gate' })
  t.match(scheduler.why('big', 1), { state: 'ready', next: { host: 'h0', start: 5 } })
  t.end()
})

void t.test('a package that everything waits for gets the whole host, one of many its share', t => {
  const host = { name: 'h0', slots: 2, speed: 1, cores: 8 }
  const wide = { cores: 4, parallel: 1 }
  const alone = schedulerOf([{ id: 'a', seconds: 10, needs: [], ...wide }], [host])
  t.match(alone.decide(0).starts, [{ task: 'a', cores: 8, finish: 5 }])
  const two = ['a', 'b'].map(id => ({ id, seconds: 10, needs: [], ...wide }))
  t.match(schedulerOf(two, [host]).decide(0).starts, [{ cores: 4 }, { cores: 4 }])
  t.end()
})

void t.test('a host that proves to be slow gets less', t => {
  const tasks = tasksOf(Array.from({ length: 12 }, (_, index) => `t${index}:10`).join(' '))
  const scheduler = schedulerOf(tasks, hostsOf(1, 1), { copies: 'never' })
  startAll(scheduler, 0)
  for (const at of [10, 20, 30]) {
    const why = (id: string): string => JSON.stringify(scheduler.why(id, at))
    const onFirst = tasks.find(({ id }) => why(id).includes('"on":[{"host":"h0"'))?.id ?? ''
    tell(scheduler, { type: 'built', at, task: onFirst, host: 'h0' }, { type: 'committed', at, task: onFirst })
    startAll(scheduler, at)
  }
  const late = tasks.find(({ id }) => JSON.stringify(scheduler.why(id, 40)).includes('"on":[{"host":"h1"'))?.id ?? ''
  tell(scheduler, { type: 'built', at: 40, task: late, host: 'h1' }, { type: 'committed', at: 40, task: late })
  startAll(scheduler, 40)
  const slow = tasks
    .map(({ id }) => scheduler.why(id, 40))
    .find(why => why.state === 'running' && why.on[0]?.host === 'h1')
  if (slow?.state !== 'running') throw new Error('nothing runs on the slow host')
  t.ok((slow.on[0]?.finish ?? 0) > 53, 'one late job: ten seconds are expected to be more than thirteen there')
  t.end()
})
