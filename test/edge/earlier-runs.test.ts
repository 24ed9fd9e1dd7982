import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  claimRun,
  disclaimRun,
  earlierRuns,
  goesOn,
  keepForLater,
  livingRuns,
  nameRun,
} from '../../lib/edge/earlier-runs.ts'
import { RunLog } from '../../lib/edge/run-log.ts'
import { ebuild, requestOf } from '../core/support.ts'

const request = requestOf([ebuild('a')])
const system = { installed: { 'sys/libc-2': '7' }, configured: 'abc' }

/** A run with a log and what the next ones need to know of it. `owner`: its process, as it was noted. */
async function leave(state: string, run: string, owner: string): Promise<void> {
  const log = new RunLog(state, run, reason => {
    throw new Error(reason)
  })
  log.append({ type: 'package-ready', package: 'a', at: 1, seq: 0 })
  log.close()
  await keepForLater(log.directory, request, system)
  writeFileSync(join(log.directory, 'owner'), owner)
}

void t.test('a run is this process’s as long as that is there', t => {
  const state = t.testdir({})
  claimRun(state, 'run-1')
  t.equal(goesOn(state, 'run-1'), true)
  t.strictSame(livingRuns(state), [{ run: 'run-1', pid: process.pid }])
  const owner = readFileSync(join(state, 'runs/run-1/owner'), 'utf8')
  writeFileSync(join(state, 'runs/run-1/owner'), owner.replace(/\d+$/, '1'))
  t.equal(goesOn(state, 'run-1'), false, 'another process that has the number now')
  t.equal(goesOn(state, 'run-2'), null, 'one of another machine, or of a state that is gone')
  for (const nonsense of ['', ' ', 'x y', '-1 0', '0 0']) {
    writeFileSync(join(state, 'runs/run-1/owner'), nonsense)
    t.equal(goesOn(state, 'run-1'), false, JSON.stringify(nonsense))
  }
  t.end()
})

void t.test('a run is named behind those before it, whatever the clock says', t => {
  const state = t.testdir({})
  const at = (time: string): string => {
    const run = nameRun(state, new Date(time), 'abc')
    claimRun(state, run)
    return run
  }
  t.equal(at('2026-05-06T07:08:09Z'), '20260506-070809-abc')
  t.equal(at('2026-05-06T07:08:09.5Z'), '20260506-070810-abc', 'in the same second')
  t.equal(at('2030-12-31T23:59:59Z'), '20301231-235959-abc')
  t.equal(at('2026-05-06T07:09:00Z'), '20310101-000000-abc', 'the clock was set back')
  mkdirSync(join(state, 'runs/other'))
  t.equal(at('2026-05-06T07:09:00Z'), '20260506-070900-abc', 'what has no time in its name says nothing')
  t.end()
})

void t.test('what those left whose process is gone, newest first', async t => {
  const state = t.testdir({})
  const gone = spawn('true')
  await new Promise(resolve => gone.on('close', resolve))
  const dead = `${gone.pid ?? 0} 1`
  for (const run of ['run-1', 'run-2']) await leave(state, run, dead)
  claimRun(state, 'run-3')
  mkdirSync(join(state, 'runs/run-4'))
  claimRun(state, 'run-5')
  const found = await earlierRuns(state, 'run-5')
  t.strictSame(
    found.map(each => [each.run, each.events.length]),
    [
      ['run-2', 1],
      ['run-1', 1],
    ],
  )
  t.strictSame(found[0]?.system, system)
  t.strictSame(found[0]?.request, JSON.parse(JSON.stringify(request)))
})

void t.test('what was cut while it was written is as nothing', async t => {
  const state = t.testdir({})
  await leave(state, 'run-1', '')
  for (const name of ['plan.json', 'system.json']) {
    const path = join(state, 'runs/run-1', name)
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.slice(0, -1))
    t.strictSame(await earlierRuns(state, 'run-2'), [], name)
    writeFileSync(path, whole)
  }
  t.equal((await earlierRuns(state, 'run-2')).length, 1)
})

void t.test('an event log that was cut: what is whole counts, and what is not is told', async t => {
  const state = t.testdir({})
  await leave(state, 'run-1', '')
  appendFileSync(join(state, 'runs/run-1/events.jsonl'), '{"type":"comm')
  const [found] = await earlierRuns(state, 'run-2')
  t.equal(found?.events.length, 1)
  t.strictSame(found?.dropped, ['line 2, the last one, is cut after 13 characters'])
})

void t.test('a run that came to no plan leaves nothing', async t => {
  const state = t.testdir({})
  claimRun(state, 'run-1')
  await disclaimRun(state, 'run-1')
  t.equal(goesOn(state, 'run-1'), null)
})
