/**
 * A host whose every answer is altered by a seed (between.py), against the real library: `node seed.js SEED`, a process of its
 * own. Prints a line of JSON.
 *
 * It goes all the way that a host goes in a run (lib/farm/host.ts), over what the library takes for ssh.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../lib/core/error.ts'
import { hostProblems } from '../../lib/core/host-check.ts'
import { type HostProblem, describeProblems } from '../../lib/core/host-facts.ts'
import { type Trial, trialProblem } from '../../lib/core/trial.ts'
import { describeMismatches } from '../../lib/core/verify/found.ts'
import { verify } from '../../lib/core/verify/verify.ts'
import { AgentError } from '../../lib/edge/host/agent.ts'
import { BuildHost } from '../../lib/edge/host/build-host.ts'
import type { BuildResult } from '../../lib/edge/host/job.ts'
import { HostRefused } from '../../lib/edge/host/link.ts'
import { TransferError } from '../../lib/edge/host/rsync.ts'
import { digestOf } from '../../lib/edge/store.ts'
import { hostConfig } from '../edge/host/support.ts'
import { PROJECT } from '../lab/place.ts'
import { at, attacker, build, committed, report } from './client.ts'

const [seed = ''] = process.argv.slice(2)
const BUILT = 'built'.repeat(200)

mkdirSync(at('bin'))
writeFileSync(at('rules'), '')
const between = [join(PROJECT, 'test/hostile/between.py'), seed, at('notes'), at('host')]
writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec python3 -I ${between.join(' ')} -- "$@"\n`)
chmodSync(at('bin/ssh'), 0o755)
process.env['PATH'] = `${at('bin')}:${process.env['PATH'] ?? ''}`

const context = {
  ...{ run: 'r', client: 'c', hostname: 'here', machine: 'x86_64', runtime: at('run') },
  source: attacker('honest', ['r-before']),
  ...{ connectTimeout: 15, stuckAfter: 2, patience: 3, longestJob: 20, largestPackage: 2 ** 30, linger: 5 },
}
const config = hostConfig({ name: 'evil', ssh: 'evil.lan', dir: at('host') })
const needs = {
  machine: 'x86_64',
  cpu: { flags: [{ flag: 'avx2', because: 'CFLAGS' }], same: null },
  root: { bytes: 1e9, files: 1e5 },
}
const flags = '-O2 -march=native'
const trial: Trial = { python: '/usr/bin/python3', flags: [flags], chost: '', pkgdir: '/p', tmpdir: '/t' }
const native = new Map([[flags, { options: ['-march=znver3', '-mavx2'], instead: ['-march=znver3'] }]])

let events = 0
const told = { started: () => events++, building: () => events++, phase: () => events++ }
const { signal } = new AbortController()

function refuseIf(problems: readonly (HostProblem | null)[]): void {
  const those = problems.filter(each => each?.level === 'refuse') as HostProblem[]
  if (those.length > 0) throw new HostRefused(those)
}

async function attacked(): Promise<string> {
  const host = new BuildHost(config, context, 0, { silent: () => events++, back: () => events++ })
  try {
    const facts = await host.connect()
    refuseIf(hostProblems(facts, needs, { ssh: 'evil.lan', dir: at('host'), jobs: 2, mirror: true }, Date.now()))
    await host.join()
    await host.openMirror()
    await host.mirror.copyAll(at('tree'), () => undefined, signal)
    const { denied } = await host.mirror.copyPaths(at('rules'), [at('tree')], signal)
    await host.mirror.copyApart(at('tree'), signal)
    await host.mirror.finish(denied)
    refuseIf([trialProblem(await host.tryOut(trial), trial, native)])
    await host.mirror.tried('this one')
    host.begin(build)
    const left = await host.takeOver(() => new Set(Number(seed) % 3 === 0 ? ['a'] : []))
    host.tidy({ days: 30, bytes: 1e9 })
    const end = await builtBy(host)
    // What was left was no better: it is built anew.
    return end === 'built' || left.length === 0 ? end : await builtBy(host)
  } catch (error) {
    if (error instanceof AgentError || error instanceof HostRefused || error instanceof TransferError) {
      return `host: ${error instanceof HostRefused ? describeProblems(error.problems) : error.message}`
    }
    return `a fault here: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`
  } finally {
    await host.leave()
  }
}

async function builtBy(host: BuildHost): Promise<string> {
  const target = build.plan.byId.get('a')
  if (!target) throw new Error('there is no plan')
  return endOf(await host.build(target, committed, 1, told, signal))
}

/** As lib/farm/client.ts compares it; what is read of a package's bytes is what the honest one's says, as they are the same. */
async function endOf(result: BuildResult): Promise<string> {
  if (!result.ok) return `${result.fault}: ${result.reason}`
  const { path, size, sha256, configured, place } = result.arrived
  const found = await digestOf(path)
  if (found.size !== size || found.sha256 !== sha256) return 'mismatch: checksum: other bytes'
  if (readFileSync(path, 'latin1') !== BUILT) return 'it got a package in'
  const target = build.plan.byId.get('a')?.package
  if (!target) throw new Error('there is no plan')
  const metadata = {
    ...target,
    ...{ format: 'gpkg' as const, buildId: 1, ebuild: null, environment: true, recorded: {}, bindings: {} },
    ...{ variables: { CFLAGS: '-O2' }, libc: [], unmetLibc: [], missingSonames: [] },
  }
  const planned = { ...target, variables: { CFLAGS: '-O2' } }
  const mismatches = verify(planned, metadata, { place, format: 'gpkg', isCommitted: () => true, configured })
  return mismatches.length > 0 ? `mismatch: ${describeMismatches(mismatches)}` : 'built'
}

/** What was altered, each kind once. */
function tried(): string {
  const notes = existsSync(at('notes')) ? readFileSync(at('notes'), 'utf8').trim().split('\n') : ['nothing']
  const kinds = [...new Set(notes)]
  return `${notes.length}: ${kinds.slice(0, 8).join(', ')}${kinds.length > 8 ? ', …' : ''}`
}

/** Processes of the host, or that transfer from it, which nobody ended. */
async function goOn(): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = readdirSync('/proc').filter(pid => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return argv.includes(at('host')) || argv.includes(at('incoming')) || argv.includes(at('runs'))
      } catch {
        return false
      }
    })
    if (found.length === 0 || tries === 100) return found.length === 0 ? [] : [`${found.length} processes go on`]
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

await report(
  async () => {
    const end = await attacked()
    const left = await goOn()
    return left.length === 0 ? end : `${left.join()} after ${end}`
  },
  () => events,
  tried,
)
