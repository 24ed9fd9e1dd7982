import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { INSTALLED } from '../lab/install.ts'
import { ebuilds } from '../lab/repo.ts'
import { merge, program, python, there, type There } from './leaving/support.ts'
import { startLab } from './support.ts'

/** What the oracle says of a path. */
interface Said extends There {
  may: boolean
  must: boolean
}

const asText = ({ kind, mode, owner, content }: There): string =>
  // The mode of a link is the system's.
  kind === 'link' ? `${kind} ${owner} ${content}` : `${kind} ${mode} ${owner} ${content}`

/** Nothing is sent from there but what packages brought: all of it is looked at. */
const BARE = ['/home', '/data', '/srv']
const isBare = (path: string): boolean => BARE.some(place => path.startsWith(`${place}/`))

/** What a host has and should not have, and the other way round. */
async function wrong(client: LabHost, builder: LabHost, request: Tree): Promise<{ wrong: string[]; counts: string }> {
  const said = JSON.parse(await python(client, 'oracle.py', [], JSON.stringify(request))) as Said[]
  const known = new Map(said.map(each => [each.path, each]))
  const { apart, root } = await there(builder, [...new Set([...request.tops.filter(top => !isBare(top)), ...BARE])])
  const merged = new Map([...root, ...apart].map(each => [each.path, each]))
  const ways = new Set(
    said.filter(each => each.may).flatMap(({ path }) => path.split('/').map((_, n, all) => all.slice(0, n).join('/'))),
  )
  const faults: string[] = []
  for (const [layer, all] of Object.entries({ apart, root })) {
    for (const each of all) {
      const own = known.get(each.path)
      if (each.kind === 'directory' && (ways.has(each.path) || BARE.includes(each.path))) continue
      if (!own?.may) faults.push(`${JSON.stringify(each.path)} is there (${layer}); here: ${own ? asText(own) : 'not'}`)
      else if (own.kind !== each.kind || own.content !== each.content) {
        faults.push(`${JSON.stringify(each.path)} is there (${layer}) as ${asText(each)}; here: ${asText(own)}`)
      }
    }
  }
  const files = said.filter(each => each.kind === 'file')
  // A name that is no text cannot be asked for as one.
  const named = files.filter(({ path }) => !/\p{Cs}/u.test(path))
  const staying = new Set(
    await stayingHere(
      client,
      named.map(each => each.path),
    ),
  )
  for (const { path } of named) {
    if (staying.has(path) === merged.has(path)) {
      faults.push(`${JSON.stringify(path)} is ${merged.has(path) ? '' : 'not '}there, and the library says otherwise`)
    }
  }
  for (const each of said.filter(each => each.must)) {
    const copy = merged.get(each.path)
    if (!copy) faults.push(`${JSON.stringify(each.path)} is not there; here: ${asText(each)}`)
    else if (asText(copy) !== asText(each)) {
      faults.push(`${JSON.stringify(each.path)} is there as ${asText(copy)}; here: ${asText(each)}`)
    }
  }
  const count = (all: readonly unknown[]): string => String(all.length)
  const counts =
    `${count(files)} files, of which ${count(files.filter(each => each.must))} must leave and ` +
    `${count(files.filter(each => !each.may))} may not; ${count(root)} and ${count(apart)} entries there`
  return { wrong: faults, counts }
}

/** Which of these files do not leave the client, as the library says before a package that names them is built. */
async function stayingHere(client: LabHost, paths: readonly string[]): Promise<string[]> {
  const script = `
    const { readFarmConfig } = await import('${INSTALLED}/dist/edge/config/read.js')
    const { configured } = await import('${INSTALLED}/dist/edge/configured.js')
    const { allowed } = await import('${INSTALLED}/dist/farm/mirror-places.js')
    const { stayingOf } = await import('${INSTALLED}/dist/farm/staying.js')
    let text = ''
    for await (const part of process.stdin) text += part
    const { config } = await readFarmConfig('/etc/portage/farm.yaml')
    const found = await stayingOf(JSON.parse(text), await allowed(config, await configured(), []))
    process.stdout.write(JSON.stringify([...found]))`
  const argv = ['node', '--input-type=module', '--eval', script]
  return JSON.parse(await client.must(argv, { input: JSON.stringify(paths) })) as string[]
}

interface Tree {
  tops: string[]
  binds: [string, string][]
  names: string[]
}

t.test(
  'of a made-up tree a host has what everybody here may read and what packages brought, and nothing else',
  async t => {
    const seed = process.env['SEED'] ?? randomBytes(4).toString('hex')
    t.comment(`SEED=${seed}`)
    const { client, builders } = await startLab(t, { builders: 1 })
    const [builder] = builders as [LabHost]
    for (const name of ['record.py', 'tree.py']) await client.write(`/run/leaving/${name}`, await program(name))
    const tree = JSON.parse(await client.must(['python3', '/run/leaving/tree.py', seed])) as Tree
    await ebuilds(client, { 'app-toy/one-1': {}, 'app-toy/two-1': {} })

    await merge(t, client, 'app-toy/one-1')
    const first = await wrong(client, builder, tree)
    t.comment(first.counts)
    t.strictSame(first.wrong, [], `as it is (SEED=${seed})`)

    await client.must(['python3', '/run/leaving/tree.py', seed, 'change'])
    await merge(t, client, 'app-toy/two-1')
    const second = await wrong(client, builder, tree)
    t.comment(second.counts)
    t.strictSame(second.wrong, [], `when modes and contents have changed (SEED=${seed})`)
  },
)
