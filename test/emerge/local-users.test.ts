/** What another user of a machine can do to emerge, and to a worker there: nothing by what lies where they are called. */
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import { STORE } from '../lab/store.ts'
import { installed, startLab } from './support.ts'

/** A directory of somebody else, with modules that programs import, and where each notes that it was. */
const THEIRS = '/tmp/theirs'
const MODULES = ['json', 'os', 'site', 'sitecustomize', 'types', 'subprocess', 'portage', 'hashlib', 'importlib']

async function plant(host: LabHost): Promise<() => Promise<string>> {
  for (const name of MODULES) {
    await host.write(`${THEIRS}/${name}.py`, `open("/tmp/ran-${name}", "w").close()\nraise SystemExit("theirs")\n`)
  }
  await host.must(['chown', '-R', '1000:1000', THEIRS])
  return async () => host.must(['sh', '-c', 'ls /tmp | grep ^ran- || :'])
}

t.test('emerge and a worker that are called in a directory of somebody else', async t => {
  const lab = await startLab(t, { store: true })
  const { client } = lab
  const [host] = lab.workers as [LabHost]
  await seedGraph(client)
  const [onClient, onHost] = [await plant(client), await plant(host)]
  await host.run(['python3', '-c', 'import json'], { cwd: THEIRS })
  t.equal((await onHost()).trim(), 'ran-json', 'they run where nobody takes care')
  await host.must(['sh', '-c', 'rm /tmp/ran-*'])

  const worker = host.spawn(['portage-farm', 'work', STORE], { cwd: THEIRS })
  await worker.until(/ works at /)
  await client.write(FARM_YAML, `store: ${STORE}\nlocal-jobs: 1\n`)
  const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'], { cwd: THEIRS, timeout: 900 })
  t.equal(code, 0, all)
  t.equal((await installed(client)).length, 5)
  const { code: left, all: said } = await (async () => {
    await worker.killAlone('SIGTERM')
    return worker.within(60)
  })()
  t.equal(left, 0, said)
  t.match(said, /built app-toy\//, 'it built')
  t.strictSame([await onClient(), await onHost()], ['', ''], 'nothing of theirs ran')

  await t.test('and the store keeps from them what is root’s', async t => {
    const asThem = async (line: string): Promise<number> =>
      (await host.run(['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', 'sh', '-c', line])).code
    for (const name of ['roots', 'plans', 'results', 'logs', 'scratch']) {
      t.not(await asThem(`ls ${STORE}/${name}`), 0, name)
    }
    for (const name of ['records', 'signs', 'workers', 'binpkgs', 'distfiles']) {
      t.equal(await asThem(`ls ${STORE}/${name}`), 0, name)
    }
    t.equal(await asThem(`cat ${STORE}/binpkgs/Packages`), 0, 'other systems install from there')
  })

  await t.test('portage-farm clean: what is in use stays', async t => {
    const cleaned = await client.run(['portage-farm', 'clean'])
    t.match(cleaned, { code: 0, stdout: /^this machine: nothing to remove\n\/mnt\/farm: nothing to remove\n$/ })
  })
})
