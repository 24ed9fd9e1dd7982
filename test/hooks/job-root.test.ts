/** What a job of the real agent can do on a host, and where what it finds and leaves lies. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import t from 'tap'
import { agentSource } from '../../lib/edge/host/agent.ts'
import { projectFile } from '../../lib/edge/project.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR } from '../lab/lab.ts'
import { startLab } from '../emerge/support.ts'

type Message = Record<string, unknown>

/** Of a job's answer, or why it has none. */
interface Done extends Message {
  code: number
  output: string
  files: { path: string }[]
  log: string | null
  elog: string
}

interface Asked {
  client: string
  requests: Message[]
}

/** A root for jobs: what a shell and Python need. */
const LOWER = `${FARM_DIR}/clients/c/root-1`

t.test('job roots', async t => {
  const { builders } = await startLab(t, { builders: 1, install: false })
  const [host] = builders as [LabHost]
  const source = await agentSource()
  const driver = await readFile(projectFile('test/hooks/ask-agents.py'), 'utf8')
  const copy = `mkdir -p $1 && cp -a /bin /sbin /lib* /usr $1 && mkdir $1/etc $1/tmp $1/mnt $1/media && chmod 1777 $1/tmp
    cp -a /etc/passwd /etc/group /etc/ld.so* /etc/alternatives $1/etc`
  await host.must(['sh', '-ec', copy, 'sh', LOWER])
  await host.write('/the-host', 'marks its root')

  const ask = async (connections: Asked[]): Promise<Message[][]> => {
    const input = {
      boot: source.boot,
      modules: source.payload.toString(),
      connections: connections.map(({ client, requests }) => ({
        hello: { dir: FARM_DIR, client, run: 'r', boot: source.boot, linger: 0, again: false },
        requests,
      })),
    }
    const said = await host.must(['python3', '-c', driver], { input: JSON.stringify(input) })
    return JSON.parse(said) as Message[][]
  }
  const job = (client: string, key: string, script: string, more: Message = {}): Message => {
    const root = `${FARM_DIR}/clients/${client}/runs/r/roots/${key}`
    const argv = script.startsWith('#python') ? ['/usr/bin/python3', '-c', script] : ['/bin/sh', '-ec', script]
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
    const step = { name: 'build', argv, env, network: false, pkgdir: `${root}/job/out` }
    return {
      op: 'job',
      key,
      about: {},
      job: {
        ...{ root, lower: LOWER, hostname: 'here', is32bit: false, stuckAfter: 0, slots: null, output: true },
        binds: {
          '/var/cache/distfiles': `${FARM_DIR}/clients/${client}/distfiles`,
          '/var/tmp': `${root}/job/tmp`,
          '/var/log/portage': `${root}/job/logs`,
        },
        ...{ jobservers: {}, pkgdir: '/var/cache/binpkgs', log: `${root}/job/build.log`, packages: {}, steps: [step] },
        ...more,
      },
    }
  }
  /** Runs a script in a job root. */
  const run = async (script: string, more: Message = {}): Promise<Done> => {
    const [heard = []] = await ask([{ client: 'c', requests: [job('c', 'j', script, more)] }])
    const answer = heard.find(({ id, event }) => id === 1 && event === undefined)
    if (answer?.['ok'] === undefined) throw new Error(`the job has no result: ${JSON.stringify(heard)}`)
    return answer['ok'] as Done
  }

  await t.test('of the host nothing is in reach, and what builds do works', async t => {
    // A file system below /sys, as control groups are.
    await host.must(['mount', '-t', 'tmpfs', 'none', '/sys/fs/cgroup'])
    const look = await readFile(projectFile('test/hooks/look-around.py'), 'utf8')
    const { code, output } = await run(`#python\n${look}`)
    t.equal(code, 0, output)
    const { works, in_root, ...seen } = JSON.parse(output) as {
      works: Record<string, string>
      in_root: Record<string, boolean>
      sys_mounts: string[]
      networks: string[]
      bounding: string
    }
    t.strictSame(Object.values(in_root).includes(false), false, JSON.stringify(in_root))
    t.ok(seen.sys_mounts.includes('/sys/fs/cgroup'), seen.sys_mounts.join(' '))
    t.match(seen, {
      programs_writable: [],
      kernel_writable: [],
      others_writable: [],
      sys_writable: [],
      hidden_readable: [],
      effective: seen.bounding,
      inheritable: '0000000000000000',
      oom: '500',
      null: 'done',
    })
    t.notOk(
      seen.networks.includes(await host.must(['readlink', '-n', '/proc/1/ns/net'])),
      'not even by its first process',
    )
    const dropped = { MODULE: 16, RAWIO: 17, PACCT: 20, BOOT: 22, TIME: 25, MAC_ADMIN: 33, SYSLOG: 34, BPF: 39 }
    const bounding = BigInt(`0x${seen.bounding}`)
    for (const [name, bit] of Object.entries(dropped)) t.notOk((bounding >> BigInt(bit)) & 1n, name)
    t.ok((bounding >> 21n) & 1n, 'Portage’s sandboxes need SYS_ADMIN')
    for (const [line, result] of Object.entries(works)) t.equal(result, 'done', line)
    await host.must(['umount', '/sys/fs/cgroup'])
  })

  await t.test('links of the client lead where they lead in its own root', async t => {
    const before = await host.files('/', [FARM_DIR])
    // The host has one of the places, and not the others.
    await host.must(['mkdir', '-p', '/data/cache', '/data/binpkgs'])
    const links = `rm -rf var data; mkdir -p var data/log; ln -s /data/cache var/cache; ln -s /data/tmp var/tmp
      ln -s ../../../data/log var/log; ln -s /data/resolv.conf etc/resolv.conf`
    await host.must(['sh', '-ec', `cd ${LOWER}; ${links}`])
    await host.write(`${FARM_DIR}/clients/c/distfiles/a.tar`, 'source')
    await host.write('/etc/resolv.conf', 'nameserver 192.0.2.7\n')
    const step = (job('c', 'j', '')['job'] as { steps: [Message] }).steps[0]
    const script = `cat /var/cache/distfiles/a.tar; cat /data/cache/distfiles/a.tar /etc/resolv.conf /data/resolv.conf
      echo log >/var/log/portage/app:a-1:20260101-000000.log; echo tmp >/var/tmp/x; stat -c %a /data/tmp
      mkdir -p /var/cache/binpkgs/app; echo package >/data/cache/binpkgs/app/a-1.gpkg.tar; test -p /dev/steve`
    const done = await run(script, {
      jobservers: { '/dev/steve': 2 },
      steps: [{ ...step, network: true, argv: ['/bin/sh', '-ec', script] }],
    })
    t.equal(done.code, 0, done.output)
    t.match(done.output, /^sourcesourcenameserver 192.0.2.7\nnameserver 192.0.2.7\n1777\n$/)
    t.match(done.files, [{ path: 'app/a-1.gpkg.tar' }])
    t.equal(done.log, 'app:a-1:20260101-000000.log')
    await host.must(['rmdir', '/data/cache', '/data/binpkgs', '/data'])
    await host.must(['rm', '/etc/resolv.conf'])
    t.strictSame([...(await host.files('/', [FARM_DIR]))], [...before], 'nothing was made on the host')
    await host.must(['sh', '-ec', `cd ${LOWER}; rm -rf var data etc/resolv.conf`])
  })

  await t.test('what a job leaves: regular files, and where no link leads', async t => {
    await host.write('/root/secret.gpkg.tar', 'of the host')
    const done = await run(`cd /var/cache/binpkgs; ln -s /root/secret.gpkg.tar a.gpkg.tar; mkfifo b.gpkg.tar
      mknod c.gpkg.tar c 1 5; ln -s /root links; mkdir real; echo d >real/d.gpkg.tar
      cd /var/log/portage; mkdir elog; echo said >elog/1; ln -s /root/secret.gpkg.tar elog/2; mkfifo elog/3 4:20260101-000000.log
      ln -s /root 5; ln -s /root/secret.gpkg.tar 6:20260101-000000.log; mknod 7:20260101-000000.log c 1 5`)
    t.equal(done.code, 0, done.output)
    t.match(done.files, [{ path: 'real/d.gpkg.tar', size: 2 }])
    t.equal(done.files.length, 1)
    t.equal(done.elog, 'said\n')
    t.equal(done.log, null)
  })

  await t.test('a directory of the client that is a link: no job works there', async t => {
    const way = `${FARM_DIR}/clients/c/way`
    await host.must(['ln', '-s', '/', way])
    await host.must(['ln', '-s', '/root', `${FARM_DIR}/clients/c/sources`])
    const asked = [
      job('c', '1', 'true', { lower: way }),
      job('c', '2', 'true', { lower: `${way}/usr` }),
      job('c', '3', 'true', { binds: { '/x': `${FARM_DIR}/clients/c/sources` } }),
    ]
    const [heard = []] = await ask([{ client: 'c', requests: asked }])
    for (const id of [1, 2, 3]) {
      t.match(heard.find(message => message['id'] === id && 'error' in message)?.['error'], /leads elsewhere: to \//)
    }
    await host.must(['rm', way, `${FARM_DIR}/clients/c/sources`])
  })

  await t.test('slots are the host’s, not a run’s', async t => {
    const script = 'echo begin $(date +%s%N); sleep 1; echo end $(date +%s%N)'
    const jobs = (client: string, slots: number, count: number): Asked => ({
      client,
      requests: Array.from({ length: count }, (_, index) => job(client, String(index), script, { slots })),
    })
    const heard = await ask([jobs('c', 2, 3), jobs('d', 2, 3), jobs('e', 1, 1)])
    const times = heard.flatMap(messages =>
      messages.flatMap(({ ok }) => {
        const found = /begin (\d+)\nend (\d+)/.exec((ok as { output?: string } | undefined)?.output ?? '')
        return found ? [{ begin: Number(found[1]), end: Number(found[2]) }] : []
      }),
    )
    t.equal(times.length, 7, 'all ran')
    const most = times.map(({ begin }) => times.filter(each => each.begin <= begin && begin < each.end).length)
    t.equal(Math.max(...most), 2, 'two at a time')
    const waited = heard.flat().filter(({ event }) => event === 'waiting')
    t.ok(waited.length >= 5, 'those that waited said so')
    t.strictSame(await host.must(['ls', `${FARM_DIR}/slots`]), 'lock\n', 'no ticket is left')
  })

  await t.test('a keeper that was killed holds no slot; who waits can be cancelled', async t => {
    await host.must(['sh', '-c', `: >${FARM_DIR}/slots/1; : >${FARM_DIR}/slots/2`])
    const began = performance.now()
    const [heard = []] = await ask([
      {
        client: 'c',
        requests: [
          job('c', 'a', 'sleep 2', { slots: 1 }),
          job('c', 'b', 'true', { slots: 1 }),
          { op: 'cancel', key: 'b' },
        ],
      },
    ])
    t.match(
      heard.find(({ id, error }) => id === 2 && error),
      { error: 'the job was cancelled before it began' },
    )
    t.match(
      heard.find(({ id, ok }) => id === 1 && ok),
      { ok: { code: 0 } },
    )
    t.ok(performance.now() - began < 20_000)
  })

  await t.test('without mount_setattr(2) what lies below is made read-only mount by mount', async t => {
    const script = `import os, sys
exec(sys.stdin.read(), globals())
unshare(CLONE_NEWNS)
mount("none", "/", flags=MS_REC | MS_PRIVATE)
mount("none", "/mnt", "tmpfs", MS_NOSUID)
os.makedirs("/mnt/with a blank/inner")
mount("none", "/mnt/with a blank", "tmpfs", MS_NODEV)
os.mkdir("/mnt/with a blank/inner")
mount("none", "/mnt/with a blank/inner", "tmpfs", MS_NOEXEC)
make_readonly_one_by_one("/mnt")
for path, flag in (("/mnt", os.ST_NOSUID), ("/mnt/with a blank", os.ST_NODEV), ("/mnt/with a blank/inner", os.ST_NOEXEC)):
    print(bool(os.statvfs(path).f_flag & os.ST_RDONLY), bool(os.statvfs(path).f_flag & flag))
print(bool(os.statvfs("/tmp").f_flag & os.ST_RDONLY))
`
    const module = await readFile(projectFile('hooks/agent/farm_kernel.py'), 'utf8')
    const said = await host.must(['python3', '-c', script], { input: module })
    t.equal(said, 'True True\n'.repeat(3) + 'False\n', 'read-only, and what else they were')
  })

  await t.test('a control group of its own, where the host has them', async t => {
    // These are the machine's, not the lab's.
    const parent = `/run/groups/pf-test-${String(process.pid)}-${randomBytes(4).toString('hex')}`
    t.teardown(async () =>
      host.run(['sh', '-c', `rmdir ${parent}/*/ ${parent}; umount /run/groups; rmdir /run/groups`]),
    )
    await host.must(['sh', '-ec', `mkdir -p /run/groups && mount -t cgroup2 none /run/groups && mkdir ${parent}`])
    const script = `import os, subprocess, sys, types
modules = sys.stdin.read()
exec(modules, globals())
parent = os.open("${parent}", os.O_RDONLY)
sleeper = subprocess.Popen(["sleep", "60"])
try:
    group = Group(parent, "portage-farm-1-2")
    group.begin(sleeper.pid)
    print(open(f"/proc/{sleeper.pid}/cgroup").read().split("0::")[1].strip())
finally:
    sleeper.kill(); sleeper.wait()
group.remove()
print(os.listdir("${parent}").count("portage-farm-1-2"))
`
    const module = await readFile(projectFile('hooks/agent/farm_cgroup.py'), 'utf8')
    const said = await host.must(['python3', '-c', script], { input: module })
    t.ok(said.endsWith(`${basename(parent)}/portage-farm-1-2\n0\n`), said)
  })
})
