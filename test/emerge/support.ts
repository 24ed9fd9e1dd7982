/** What the tests with a real farm share. */
import t, { type Test } from 'tap'
import type { FarmEvent } from '../../lib/core/event.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR, Lab, type LabOptions } from '../lab/lab.ts'
import type { Running } from '../lab/running.ts'

/** Images are made at the first start on a machine, and a machine may be busy. */
t.setTimeout(900_000)

/** Starts a lab, and ends it with the test, however that ends. */
export async function startLab(t: Test, options: LabOptions = {}): Promise<Lab> {
  const lab = await Lab.start(options)
  t.teardown(async () => lab.stop())
  return lab
}

/** The events of the client's newest run. */
export async function lastRun(client: LabHost): Promise<FarmEvent[]> {
  const log = await client.must(['sh', '-c', 'cat "$(ls -d /var/lib/portage-farm/runs/* | tail -n 1)/events.jsonl"'])
  return log
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as FarmEvent)
}

/** How many runs the client's farm has seen. */
export async function runCount(client: LabHost): Promise<number> {
  const { stdout } = await client.run(['sh', '-c', 'ls /var/lib/portage-farm/runs 2>/dev/null | wc -l'])
  return Number(stdout)
}

/** The events of one type. */
export function ofType<T extends FarmEvent['type']>(events: FarmEvent[], type: T): Extract<FarmEvent, { type: T }>[] {
  return events.filter((event): event is Extract<FarmEvent, { type: T }> => event.type === type)
}

/** When something first happened to a package (`app-toy/x-1`), in milliseconds; fails if it did not. */
export function when(events: FarmEvent[], type: FarmEvent['type'], cpv: string): number {
  const found = events.find(event => event.type === type && 'package' in event && event.package.startsWith(`${cpv}::`))
  if (!found) throw new Error(`${type} of ${cpv} is not in the event log`)
  return found.at
}

/** The host that a package was built on, or `home`. */
export function builtOn(events: FarmEvent[], cpv: string): string {
  const isOfIt = (event: { package: string }): boolean => event.package.startsWith(`${cpv}::`)
  const found = ofType(events, 'committed').find(isOfIt)
  if (found) return found.host
  if (ofType(events, 'home-started').some(isOfIt)) return 'home'
  throw new Error(`${cpv} was not built`)
}

export async function world(client: LabHost): Promise<string[]> {
  const { stdout } = await client.run(['cat', '/var/lib/portage/world'])
  return stdout.split('\n').filter(line => line !== '')
}

/** The installed packages, sorted. */
export async function installed(client: LabHost): Promise<string[]> {
  const { stdout } = await client.run(['sh', '-c', 'cd /var/db/pkg && ls -d */*'])
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .sort()
}

/** kill -9 of everything of the farm on the client: the library, that emerge, what they started. */
export async function killAll(client: LabHost, emerge: Running): Promise<void> {
  await client.run(['sh', '-c', "pkill -9 -f '[c]li.js bridge'; pkill -9 -f '[e]merge .*app-toy'; pkill -9 -x ssh"])
  await emerge.within(30)
}

/** What of a builder is its own: all but the farm's directory, and what a running system writes by itself. */
export async function ownFiles(builder: LabHost): Promise<Map<string, string>> {
  return builder.files('/', [FARM_DIR, '/var/log', '/var/cache/ldconfig', '/root/.cache'])
}

/** The differences between two lists of files, in words. */
export function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)]
    return was === is ? [] : [`${path}: ${was ?? 'absent'} -> ${is ?? 'absent'}`]
  })
}

/** What is left of a run on a builder: processes of jobs, mounts in any namespace, directories of runs. */
export async function leftovers(builder: LabHost): Promise<string[]> {
  const look = `ps -eo args= | grep -E 'farm_runner|farm_agent|farm_keeper|emerge' | grep -v grep
    cat /proc/[0-9]*/mountinfo | grep ' - overlay ' | grep ${FARM_DIR}
    ls -d ${FARM_DIR}/clients/*/runs/*`
  return (await builder.run(['sh', '-c', look])).stdout.split('\n').filter(line => line !== '')
}

/** What the installation of packages came to, for comparing a farm's with plain emerge's. */
export async function outcome(client: LabHost): Promise<Map<string, string>> {
  // Times, counters, and what is a compressed or binary form of other things differ from build to build.
  const script = `
import os, re
for folder, _, names in os.walk("/var/db/pkg"):
    for name in sorted(names):
        path = os.path.join(folder, name)
        if name in ("environment.bz2", "COUNTER", "BUILD_TIME", "BUILD_ID", "BINPKGMD5", "SIZE"): continue
        text = open(path, encoding="utf-8", errors="replace").read()
        # Every package that was built to be a binary package says so.
        if name == "FEATURES": text = re.sub(r"\\bbuildpkg ", "", text)
        if name == "metadata": text = re.sub("^(BUILD_TIME|COUNTER|BUILD_ID|SIZE|BINPKGMD5|#dir_mtime)=.*\\n", "", text, flags=re.M)
        if name == "CONTENTS":
            # obj PATH MD5 MTIME, sym PATH -> TARGET MTIME
            text = "\\n".join(sorted(re.sub(r" \\d+$", "", line) for line in text.splitlines()))
        print(path, repr(text), sep="\\t")
`
  const vdb = await client.must(['python3', '-c', script])
  const result = await client.files('/', ['/var/db/pkg', '/var/log', '/var/cache', '/var/tmp', '/var/lib/portage-farm'])
  for (const line of vdb.split('\n')) {
    const [path = '', text = ''] = line.split('\t')
    if (path !== '') result.set(path, text)
  }
  return result
}
