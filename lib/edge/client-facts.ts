/** What this system's own programs are: the facts of lib/core/client-check.ts. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { execa } from 'execa'
import type { ClientFacts } from '../core/client-check.ts'

const OPTIONS = { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' }, cwd: '/' } as const
/** What Debian, and whatever comes from it, has changed in its rsync: it mends faults without another version. */
const CHANGES = '/usr/share/doc/rsync/changelog.Debian.gz'

export async function clientFacts(changes = CHANGES): Promise<ClientFacts> {
  const [rsync, ssh, distribution, rsyncMended] = await Promise.all([
    rsyncHere(),
    sshHere(),
    distributionHere(),
    mended(changes),
  ])
  return { rsync, ssh, distribution, rsyncMended }
}

async function rsyncHere(): Promise<ClientFacts['rsync']> {
  const said = await execa('rsync', ['--version'], OPTIONS)
  if (said.exitCode === undefined) return null
  const [, version = ''] = /version\s+v?(\d+(?:\.\d+)+)/.exec(said.stdout) ?? []
  const lacks = ['ACLs', 'xattrs', 'hardlinks'].filter(name => new RegExp(`\\bno ${name}\\b`).test(said.stdout))
  return { version, lacks }
}

async function sshHere(): Promise<string | null> {
  const said = await execa('ssh', ['-V'], OPTIONS)
  return said.exitCode === undefined ? null : said.stderr.trim()
}

/** ID and ID_LIKE of os-release(5), most specific first. */
async function distributionHere(): Promise<string[]> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(path, 'utf8').catch(() => null)
    if (text === null) continue
    const field = (name: string): string =>
      new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.replaceAll(/^["']|["']$/g, '') ?? ''
    return `${field('ID')} ${field('ID_LIKE')}`.split(' ').filter(each => each !== '')
  }
  return []
}

async function mended(changes: string): Promise<string[]> {
  try {
    const text = (await promisify(gunzip)(await readFile(changes))).toString('latin1')
    return [...new Set(text.match(/CVE-\d{4}-\d+/g))]
  } catch {
    return []
  }
}
