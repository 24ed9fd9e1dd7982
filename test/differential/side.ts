/** One of the two systems that a scenario runs on: with plain emerge, or with the farm. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FarmEvent } from '../../lib/core/event.ts'
import type { LabHost } from '../lab/host.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds, manifest, type ToyOptions } from '../lab/repo.ts'
import type { Seed } from '../lab/seed.ts'
import type { Outcome, Snapshot } from './compare.ts'
import type { Scenario, Step } from './scenario.ts'
import { SKIPPED, SKIPPED_NAMES } from './volatile.ts'

/** Seconds that one command of a scenario may take. */
const STEP_TIMEOUT = 240

export interface SideOutcome extends Outcome {
  /** The events of each run of the farm. */
  runs: FarmEvent[][]
  /** Exit codes that the scenario did not expect, and its check if that failed, in words. */
  unexpected: { what: string; expected: string; is: string }[]
  /** What the commands printed. */
  output: string
}

export class Side {
  readonly #client: LabHost
  readonly #farm: boolean

  /** `farm`: whether portage-farm is installed on the client. */
  constructor(client: LabHost, farm: boolean) {
    this.#client = client
    this.#farm = farm
  }

  /** Brings the client to the scenario's start, and goes through its steps. Rejects when the scenario itself is at fault. */
  async run({ ebuilds: toys = {}, files = {}, prepare, start = [], steps, check }: Scenario): Promise<SideOutcome> {
    // File systems stamp by a clock that is some milliseconds behind.
    const since = Date.now() / 1000 - 0.02
    await this.#client.reset()
    await plantLive(this.#client, files)
    await this.#writeEbuilds(toys)
    await prepare?.(this.#client)
    // The scenario's bashrc is a user's, and the farm's hook belongs at its end.
    if (this.#farm) await this.#client.must(['portage-farm', 'setup'])

    const exits: Outcome['exits'] = []
    const unexpected: SideOutcome['unexpected'] = []
    let output = ''
    const step = async (each: Step, env: Record<string, string>): Promise<void> => {
      if ('files' in each) return plantLive(this.#client, each.files)
      if ('ebuilds' in each) return this.#writeEbuilds(each.ebuilds)
      if ('shell' in each) {
        await this.#client.must(['bash', '-ec', each.shell], { timeout: STEP_TIMEOUT })
        return
      }
      const { emerge, exit = 0, ...more } = Array.isArray(each) ? { emerge: each } : each
      const command = ['emerge', ...emerge].join(' ')
      const options = { env: { ...more.env, ...env }, timeout: STEP_TIMEOUT }
      const { code, all } = await this.#client.run(['emerge', ...emerge], options)
      output += `$ ${command}\n${all}\n`
      exits.push({ command, code })
      if (code !== exit) unexpected.push({ what: `exit code of ${command}`, expected: `${exit}`, is: `${code}` })
    }
    for (const each of start) await step(each, this.#farm ? { PORTAGE_FARM: '0' } : {})
    for (const each of steps) await step(each, {})
    const snapshot = await takeSnapshot(this.#client, since)
    if (check !== undefined) {
      const { code, all } = await this.#client.run(['bash', '-exc', check])
      if (code !== 0) unexpected.push({ what: 'check', expected: 'succeeds', is: `exit code ${code}\n${all.trim()}` })
    }
    return { snapshot, exits, unexpected, output, runs: this.#farm ? await runs(this.#client) : [] }
  }

  async #writeEbuilds(toys: Record<string, ToyOptions>): Promise<void> {
    await ebuilds(this.#client, toys)
    for (const [cpv, { srcUri }] of Object.entries(toys)) {
      if (srcUri !== undefined) await manifest(this.#client, cpv)
    }
  }
}

/** Writes a seed into a running host. */
async function plantLive(client: LabHost, seed: Seed): Promise<void> {
  if (Object.keys(seed).length === 0) return
  const write = `
import json, os, sys
for path, file in json.load(sys.stdin).items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(path):
        os.unlink(path)
    if isinstance(file, dict) and "link" in file:
        os.symlink(file["link"], path)
        continue
    text, mode = (file, 0o644) if isinstance(file, str) else (file["text"], file["mode"])
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    os.chmod(path, mode)
`
  await client.must(['python3', '-c', write], { input: JSON.stringify(seed) })
}

/** What is on the client, and what of it was written since a moment, in seconds since the epoch. */
export async function takeSnapshot(client: LabHost, since: number): Promise<Snapshot> {
  const program = await readFile(join(PROJECT, 'test/differential/snapshot.py'), 'utf8')
  const options = { since, skip: Object.keys(SKIPPED), skipNames: Object.keys(SKIPPED_NAMES) }
  return JSON.parse(await client.must(['python3', '-c', program, JSON.stringify(options)])) as Snapshot
}

/** The events of each run that the client has had. */
export async function runs(client: LabHost): Promise<FarmEvent[][]> {
  const read =
    'cd /var/lib/portage-farm/runs 2>/dev/null || exit 0; for log in */events.jsonl; do [ ! -e "$log" ] || cat "$log"; done'
  const lines = (await client.must(['sh', '-c', read])).split('\n').filter(line => line !== '')
  const found: FarmEvent[][] = []
  for (const line of lines) {
    const event = JSON.parse(line) as FarmEvent
    if (event.seq === 0) found.push([])
    found.at(-1)?.push(event)
  }
  return found
}
