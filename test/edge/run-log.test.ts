import { appendFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { claimRun, goesOn } from '../../lib/edge/earlier-runs.ts'
import { readRun, RunLog } from '../../lib/edge/run-log.ts'
import { stamped } from '../core/support.ts'

const events = stamped({ type: 'interrupted' }, { type: 'run-ended', code: 130 })

const never = (reason: string): void => {
  throw new Error(reason)
}

function write(state: string, run: string): RunLog {
  const log = new RunLog(state, run, never)
  for (const event of events) log.append(event)
  log.close()
  return log
}

void t.test('what was written is read', async t => {
  const state = t.testdir({})
  write(state, '20260101-000000-a')
  write(state, '20260102-000000-b')
  t.strictSame(await readRun(state, null), { ok: true, run: '20260102-000000-b', events, dropped: [] }, 'the newest')
  t.strictSame(await readRun(state, '20260101-000000-a'), { ok: true, run: '20260101-000000-a', events, dropped: [] })
})

void t.test('a last line that was cut is left out', async t => {
  const state = t.testdir({})
  const { directory } = write(state, 'r')
  appendFileSync(join(directory, 'events.jsonl'), '{"type":"interr')
  const dropped = ['line 3, the last one, is cut after 15 characters']
  t.match(await readRun(state, null), { ok: true, events: { length: 2 }, dropped })
})

void t.test('a disk that is full is told once, and the run goes on', t => {
  const state = t.testdir({})
  mkdirSync(join(state, 'runs/r'), { recursive: true })
  symlinkSync('/dev/full', join(state, 'runs/r/events.jsonl'))
  const told: string[] = []
  const log = new RunLog(state, 'r', reason => told.push(reason))
  for (const event of events) log.append(event)
  log.close()
  t.match(told, [/^ENOSPC/])
  t.equal(told.length, 1)
  t.end()
})

void t.test('no such run, and no run at all', async t => {
  const state = t.testdir({})
  t.match(await readRun(state, null), { ok: false, reason: /no run of the farm in .*runs yet/ })
  write(state, 'r1')
  t.match(await readRun(state, '../r1'), { ok: false, reason: /there is no run \.\.\/r1 in .*\n {2}r1$/ })
})

void t.test('a run that goes on is kept, however many came after it', async t => {
  const state = t.testdir({})
  write(state, 'r00')
  claimRun(state, 'r00')
  write(state, 'r01')
  for (let run = 2; run < 60; run++) write(state, `r${String(run).padStart(2, '0')}`)
  t.equal((await readRun(state, 'r00')).ok, true)
  t.equal(goesOn(state, 'r00'), true, 'so it can be cancelled')
  t.equal((await readRun(state, 'r01')).ok, false)
})

void t.test('only the last fifty runs are kept', async t => {
  const state = t.testdir({})
  for (let run = 0; run < 52; run++) write(state, `r${String(run).padStart(2, '0')}`)
  t.equal((await readRun(state, 'r01')).ok, false)
  t.equal((await readRun(state, 'r02')).ok, true)
})
