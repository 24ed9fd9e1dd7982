/**
 * Makes up a root of so many files, measures in it what copying it again costs, unchanged, and prints that. Used by
 * cases/copying.ts. Needs root: the root file system of the measuring process is the made-up one, with this machine's programs
 * in /mnt. Nothing is left, also after Ctrl-C.
 */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeUp } from './copying/made-up.ts'

/** Where this machine is, in the made-up root. */
const MACHINE = '/mnt/machine'
const PROGRAMS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Mounts that nobody else sees, and that end with the process. */
const ENTER = `
root=$1 path=$2 libraries=$3 enter=$(command -v chroot)
shift 3
mkdir -p "$root/mnt/machine"
mount --rbind / "$root/mnt/machine"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
LC_ALL=C PATH=$path LD_LIBRARY_PATH=$libraries exec "$enter" "$root" "$@"`

function output(...[program = '', ...argv]: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ended with ${status ?? 'a signal'}: ${stderr}`)
  return stdout
}

/** What loads programs stands by its path in each of them. */
function bringLoader(root: string): void {
  const [, loader = ''] = /^\s*(?:\S+ => )?(\/\S*\/ld-\S+)/m.exec(output('ldd', process.execPath)) ?? []
  mkdirSync(dirname(join(root, loader)), { recursive: true })
  copyFileSync(loader, join(root, loader))
}

/** Where libraries are that programs find by their names. */
function libraries(): string[] {
  const found = output('/sbin/ldconfig', '-p').matchAll(/=> (\/.*)\/[^/]+$/gm)
  return [...new Set([...found].map(each => each[1] ?? ''))]
}

const there = (path: string): string => `${MACHINE}${path}`

async function main(count: number, pairs: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'pf-bench-'))
  // Within it, everybody may go through its root; from here nobody else gets to it.
  const root = join(directory, 'root')
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      ended.abort()
    })
  }
  try {
    const inside = fileURLToPath(new URL('copying/inside.js', import.meta.url))
    await makeUp(root, count, ended.signal)
    bringLoader(root)
    const paths = [PROGRAMS, libraries()].map(each => each.map(there).join(':'))
    const program = [there(process.execPath), there(inside), `${pairs}`]
    const argv = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', ENTER, 'sh', root, ...paths, ...program]
    const child = spawn('unshare', argv, {
      stdio: ['ignore', 'inherit', 'inherit'],
      // Nothing of the caller's own.
      env: { PATH: process.env['PATH'] },
    })
    // It takes all that runs within with it.
    ended.signal.addEventListener('abort', () => child.kill('SIGKILL'))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('close', resolve)
      child.on('error', reject)
    })
    return code ?? 1
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

process.exitCode = await main(Number(process.argv[2]), Number(process.argv[3]))
