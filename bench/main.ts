/**
 * What the scheduler reaches: makespans over lower bounds, in virtual time, the same at every run. And what the rules of the copy
 * cost, in real time: as root, with some GB in TMPDIR for a while, and some minutes.
 *
 *     npm run bench                     the whole table; exit code 1 if an aim is missed without a bound that excuses it
 *     npm run bench -- --json           one JSON object a line instead
 *     npm run bench -- --trace FILE     the same for a graph of your own, in the trace's format, gzip or plain
 *     npm run bench -- --files N,N      the copy of roots of so many files, in the place of 15,000 and 300,000
 *     npm run bench -- --only WORDS     the parts whose names have one of these words (separated by commas)
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { baselines } from './cases/others.ts'
import { copying, FILES } from './cases/copying.ts'
import { withIncidents } from './cases/incidents.ts'
import { large } from './cases/large.ts'
import { memoryBound } from './cases/memory.ts'
import { SEEDS, withNoise } from './cases/noise.ts'
import { onEqualHosts, onUnequalHosts } from './cases/perfect.ts'
import { generate, SHAPES } from './graphs.ts'
import { largestClosures, type NamedGraph } from './measure.ts'
import { header, line, type Row } from './row.ts'
import { loadTrace } from './trace.ts'

/** Beside the project's directory, whose build/bench this file is in. */
const TRACE = fileURLToPath(new URL('../../../shared/traces/pkgsrc-bulk.json.gz', import.meta.url))
/** How many closures of single packages are tried. */
const CLOSURES = 12
const GENERATED_SEED = 1
const GENERATED_SIZES = [200, 1000]

interface Part {
  name: string
  rows: () => Iterable<Row>
}

/** Without its parallelism and disk: in these cases a duration holds for every host as it is. */
function plain({ name, tasks }: NamedGraph): NamedGraph {
  return { name, tasks: tasks.map(({ id, needs, seconds }) => ({ id, needs, seconds })) }
}

function graphFrom(file: string | undefined): NamedGraph {
  const path = file ?? TRACE
  if (file === undefined && !existsSync(path)) {
    console.error(`no ${path}: a generated graph stands in for the trace (layered, 1815 packages, seed 1)`)
    return { name: 'stand-in', tasks: generate('layered', 1815, GENERATED_SEED) }
  }
  const { tasks, remarks } = loadTrace(path)
  for (const remark of remarks) console.error(`${path}: ${remark}`)
  return plain({ name: file === undefined ? 'trace' : 'graph', tasks })
}

function partsFor(graph: NamedGraph, isOwn: boolean, files: readonly number[]): Part[] {
  const closures = largestClosures(graph.tasks, CLOSURES)
  const parts: Part[] = [
    { name: 'equal', rows: () => onEqualHosts(`${graph.name} and ${closures.length} closures`, [graph, ...closures]) },
    { name: 'unequal', rows: () => onUnequalHosts(graph.name, [graph]) },
    ...(closures.length > 0
      ? [{ name: 'closures', rows: () => onUnequalHosts(`${closures.length} closures`, closures) }]
      : []),
    { name: 'noise', rows: () => withNoise(graph) },
    { name: 'incidents', rows: () => withIncidents(graph) },
    { name: 'memory', rows: () => memoryBound(graph) },
    { name: 'baselines', rows: () => baselines(graph) },
  ]
  if (isOwn) return parts
  const generated = SHAPES.flatMap(shape =>
    GENERATED_SIZES.map(count => ({
      name: `${shape}, ${count} packages`,
      graphs: [{ name: shape, tasks: generate(shape, count, GENERATED_SEED) }],
    })),
  )
  return [
    ...parts,
    ...generated.map(({ name, graphs }) => ({
      name: 'generated',
      rows: function* () {
        yield* onEqualHosts(name, graphs)
        yield* onUnequalHosts(name, graphs)
      },
    })),
    { name: 'large', rows: large },
    { name: 'copying', rows: () => copying(files) },
  ]
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      trace: { type: 'string' },
      only: { type: 'string' },
      files: { type: 'string', default: FILES.join(',') },
    },
  })
  const files = values.files.split(',').map(Number)
  if (!files.every(each => Number.isInteger(each) && each > 0))
    throw new Error(`--files ${values.files}: numbers are meant`)
  const graph = graphFrom(values.trace)
  const words = values.only?.split(',')
  const parts = partsFor(graph, values.trace !== undefined, files)
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`)
  }
  if (!values.json) {
    print(`${graph.tasks.length} packages; noise: seeds ${SEEDS[0] ?? 0} to ${SEEDS.at(-1) ?? 0}; memory: seeds 1 to 3`)
    if (values.trace === undefined) print(`generated graphs: seed ${GENERATED_SEED}`)
    print(header())
  }
  let missed = 0
  for (const { name, rows } of parts) {
    if (words && !words.some(word => name.includes(word))) continue
    const began = performance.now()
    for (const each of rows()) {
      print(values.json ? JSON.stringify(each) : line(each))
      if (each.holds === 'no') missed++
    }
    console.error(`  ${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  }
  if (missed > 0) {
    console.error(`${missed} aims are missed`)
    process.exitCode = 1
  }
}

try {
  main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
