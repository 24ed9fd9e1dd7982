/** Runs Portage's own tests for emerge on a lab's client. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { portageSuiteImage } from '../lab/images.ts'
import { Lab } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ADMITTING, type Way } from './ways.ts'

/** Portage's source tree, as the lab's image has it. */
const TREE = '/opt/portage'
const TESTS = `${TREE}/lib/portage/tests/emerge`
const OUTCOMES = '/root/outcomes.jsonl'
const PLUGINS = '/opt/plugins'
/** Seconds that all of the tests may take: many times what they do take. */
const TIMEOUT = 3600

export interface Outcome {
  /** pytest's name of the test, without the directory. */
  test: string
  outcome: 'passed' | 'failed' | 'skipped'
  seconds: number
  /** Why it failed; empty if it did not. */
  text: string
}

export interface SuiteResult {
  outcomes: Outcome[]
  /** How many merges the library was given the plan of; it keeps the traces of the last fifty. */
  farmed: number
}

/**
 * Runs the tests in one way, in a lab of their own.
 *
 * Where the tree has `bin/emerge` is then the shim, and behind it in PATH is what was there. Signatures are verified as
 * root: the tests' key rings are unreadable to `nobody`, the default, so that many would fail also with stock emerge.
 *
 * @param only an expression of pytest's `-k`; empty for all tests
 */
export async function runSuite(portage: string, way: Way, only = ''): Promise<SuiteResult> {
  const layers = [await portageSuiteImage(portage)]
  const lab = await Lab.start({ builders: 0, portage, layers, farmYaml: way.farmYaml })
  const { client } = lab
  try {
    await client.write(`${PLUGINS}/outcomes.py`, await own('outcomes.py'))
    await client.write(ADMITTING, await own('emerge'), 0o755)
    await client.must(['sh', '-ec', ARRANGE, 'arrange', TREE, way.emerge ?? ''])
    const select = only === '' ? [] : ['-k', only]
    const pytest = ['python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-p', 'outcomes', ...select, TESTS]
    const { code, all } = await client.run(pytest, {
      cwd: TREE,
      timeout: TIMEOUT,
      env: { PYTHONPATH: `${TREE}/lib:/opt/pytest:${PLUGINS}`, PYTHONDONTWRITEBYTECODE: '1', OUTCOMES },
    })
    // 1 says that tests failed; all above, that pytest did.
    if (code > 1) throw new Error(`Portage's tests could not be run (${code}):\n${all}`)
    return { outcomes: parse(await client.read(OUTCOMES)), farmed: await countRuns(lab) }
  } finally {
    await lab.stop()
  }
}

/** The stock script keeps its place within the tree, two directories deep: it finds Portage's modules from there. */
const ARRANGE = `
sed -i 's/^GPG_VERIFY_\\(USER\\|GROUP\\)_DROP=.*/GPG_VERIFY_\\1_DROP=""/' "$1/cnf/make.globals"
[ -n "$2" ] || exit 0
mkdir "$1/stock"
mv "$1/bin/emerge" "$1/stock/emerge"
ln -sf "$1/stock/emerge" /usr/bin/emerge
ln -s "$2" "$1/bin/emerge"
`

const own = async (name: string): Promise<string> => readFile(join(PROJECT, 'test/portage-suite', name), 'utf8')

function parse(lines: string): Outcome[] {
  const outcomes = lines
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Outcome)
  return outcomes.map(each => ({ ...each, test: each.test.replace('lib/portage/tests/emerge/', '') }))
}

/** Each run of the farm leaves a directory with what happened in it. */
async function countRuns({ client }: Lab): Promise<number> {
  const { stdout } = await client.run(['find', '/var/lib/portage-farm', '-name', 'events.jsonl'])
  return stdout.split('\n').length - 1
}
