/** What a machine must have to run a lab. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { CACHE, RUNS, script } from './place.ts'

/** The programs that a lab calls, and those that make its images. */
const PROGRAMS = ['unshare', 'nsenter', 'ip', 'ssh-keygen', 'flock', 'tar', 'mmdebstrap']

/** What it lacks, besides, for a shared directory that is cached, or had by NFS: a program is made for that. */
export async function missingForShownStore(): Promise<string[]> {
  const lacking: string[] = []
  if (!existsSync('/dev/fuse')) lacking.push('/dev/fuse: a kernel with FUSE')
  const { failed } = await execa('pkg-config', ['--exists', 'fuse3', 'libnfs'], { reject: false })
  if (failed) lacking.push(`libfuse3-dev, libnfs-dev and pkg-config: run ${script('prepare.sh')}`)
  return lacking
}

/** What this machine lacks for a lab, in words; nothing if it can run one. What can be installed, prepare.sh installs. */
export async function missing(): Promise<string[]> {
  if (process.platform !== 'linux') return [`Linux (this is ${process.platform})`]
  if (process.getuid?.() !== 0) return ['root: namespaces and mounts are made']
  const lacking: string[] = []
  for (const program of PROGRAMS) {
    const { failed } = await execa('which', [program], { reject: false })
    if (failed) lacking.push(`the program ${program}: run ${script('prepare.sh')}`)
  }
  if (lacking.length > 0) return lacking

  await Promise.all([CACHE, RUNS].map(directory => mkdir(directory, { recursive: true })))
  const probe = await mkdtemp(join(RUNS, 'probe-'))
  try {
    await Promise.all(['lower', 'upper', 'work', 'root'].map(name => mkdir(join(probe, name))))
    const tried = async (what: string, unshare: string[], shell: string): Promise<void> => {
      const { failed, stderr } = await execa('unshare', [...unshare, 'sh', '-ec', shell], {
        cwd: probe,
        reject: false,
        stdin: 'ignore',
      })
      if (failed) lacking.push(`${what}: ${stderr.trim()}`)
    }
    const pid = ['--pid', '--fork', '--kill-child']
    await tried('namespaces', ['--mount', '--uts', '--ipc', ...pid, '--mount-proc'], 'true')
    await tried(
      'a network namespace with a bridge and pairs of links',
      ['--net'],
      'ip link add br0 type bridge; ip link add one type veth peer name two; ip link set one master br0',
    )
    await tried(
      `overlayfs on ${RUNS} (PORTAGE_FARM_LAB_RUNS may name another file system)`,
      ['--mount'],
      'mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay root; touch root/file',
    )
    await tried('a terminal file system of its own', ['--mount'], 'mount -t devpts -o newinstance devpts root')
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
  return lacking
}
