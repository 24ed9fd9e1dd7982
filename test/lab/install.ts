/** portage-farm on a host, as a user gets it: what `npm pack` makes, with the dependencies in it, and `setup` on a client. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { execa } from 'execa'
import type { LabHost } from './host.ts'
import { PROJECT } from './place.ts'

/** Where it is installed. */
export const INSTALLED = '/usr/local/lib/node_modules/portage-farm'

/** One packing serves all labs of this process. */
let packed: Promise<Uint8Array> | null = null

/** Packs this checkout, once: called early, it is done by the time that the hosts have booted. */
export function packFarm(): Promise<Uint8Array> {
  return (packed ??= pack())
}

/** Installs this checkout's portage-farm in the client. `dist/` must be built; it is not rebuilt here. */
export async function installFarm(client: LabHost): Promise<void> {
  await installProgram(client)
  await client.must(['portage-farm', 'setup'])
}

/** The same without `setup`: what there is on a host that is nobody's client. */
export async function installProgram(host: LabHost): Promise<void> {
  // As npm installs it: the program of package.json's `bin` is made executable, and linked.
  const script =
    'mkdir -p "$1"; tar -C "$1" --strip-components=1 --no-same-owner -xzf -; chmod 755 "$1/dist/cli.js"; ln -sfn "$2" "$3"'
  const bin = '/usr/local/bin/portage-farm'
  const link = relative('/usr/local/bin', `${INSTALLED}/dist/cli.js`)
  await host.must(['sh', '-ec', script, 'install', INSTALLED, link, bin], { input: await packFarm() })
}

/** The archive of the checkout. */
async function pack(): Promise<Uint8Array> {
  if (!existsSync(join(PROJECT, 'dist/cli.js'))) {
    throw new Error(`${PROJECT}/dist is not built: run "npx tsc" there before a lab that installs portage-farm`)
  }
  const work = await mkdtemp(join(tmpdir(), 'portage-farm-pack-'))
  try {
    // No scripts: those of packing build, and several tests pack at a time.
    const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', work]
    const { stdout } = await execa('npm', argv, { cwd: PROJECT, stdin: 'ignore' })
    const file = (JSON.parse(stdout) as { filename: string }[])[0]?.filename
    if (file === undefined) throw new Error(`npm pack made no file: ${stdout}`)
    return await readFile(join(work, file))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
