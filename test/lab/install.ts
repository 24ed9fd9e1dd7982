/** portage-farm on a host, as a user gets it: the packed file with its dependencies beside it, and `setup` on a client. */
import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { execa } from 'execa'
import type { LabHost } from './host.ts'
import { PROJECT } from './place.ts'

/** Where it is installed. */
export const INSTALLED = '/usr/local/lib/node_modules/portage-farm'

/** One packing serves all labs of this process: a tar file of the installed tree. */
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
  const script = 'mkdir -p "$1"; tar -C "$1" --no-same-owner -xf -; chmod 755 "$1/dist/cli.js"; ln -sfn "$2" "$3"'
  const bin = '/usr/local/bin/portage-farm'
  const link = relative('/usr/local/bin', `${INSTALLED}/dist/cli.js`)
  await host.must(['sh', '-ec', script, 'install', INSTALLED, link, bin], { input: await packFarm() })
}

/** What `npm pack` makes of the checkout, with the production dependencies as they are installed in the checkout. */
async function pack(): Promise<Uint8Array> {
  if (!existsSync(join(PROJECT, 'dist/cli.js'))) {
    throw new Error(`${PROJECT}/dist is not built: run "npx tsc" there before a lab that installs portage-farm`)
  }
  const work = await mkdtemp(join(tmpdir(), 'portage-farm-pack-'))
  try {
    const npm = { cwd: PROJECT, stdin: 'ignore' } as const
    const [pack, list] = await Promise.all([
      // No scripts: those of packing may build, and several tests pack at a time.
      execa('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], npm),
      // It exits with an error for anything extraneous in node_modules; its list is right all the same.
      execa('npm', ['ls', '--omit=dev', '--parseable', '--all'], { ...npm, reject: false }),
    ])
    const file = (JSON.parse(pack.stdout) as { filename: string }[])[0]?.filename
    if (file === undefined) throw new Error(`npm pack made no file: ${pack.stdout}`)
    await execa('tar', ['-C', work, '-xf', join(work, file)])

    const modules = list.stdout.split('\n').filter(path => path.startsWith(join(PROJECT, 'node_modules/')))
    if (modules.length === 0) throw new Error(`no dependencies are installed in ${PROJECT}: run "npm ci" there`)
    const tree = ['-C', join(work, 'package'), '.', '-C', PROJECT, ...modules.map(path => relative(PROJECT, path))]
    const tar = await execa('tar', ['--owner=0', '--group=0', '-cf', '-', ...tree], {
      encoding: 'buffer',
      maxBuffer: Infinity,
    })
    return tar.stdout
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
