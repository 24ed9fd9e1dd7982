import t from 'tap'
import type { PlanRequest } from '../../lib/core/request.ts'
import type { LabHost } from '../lab/host.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, lastRun, ofType, startLab } from './support.ts'

/** What was recorded of the dependencies of installed packages. */
async function recorded(client: LabHost): Promise<string> {
  return client.must(['sh', '-c', 'cd /var/db/pkg && grep -s . app-toy/*/*DEPEND'])
}

async function newestPlan(client: LabHost): Promise<PlanRequest> {
  const plan = await client.must(['sh', '-c', 'cat "$(ls -d /var/lib/portage-farm/runs/* | tail -n 1)/plan.json"'])
  return JSON.parse(plan) as PlanRequest
}

t.test('`:=` and flags are as plain emerge would have recorded them', async t => {
  const lab = await startLab(t, { builders: 2 })
  const plain = await startLab(t, { builders: 0, install: false })
  const { client } = lab
  const both = (atoms: string): { depend: string; rdepend: string } => ({ depend: atoms, rdepend: atoms })
  const FLAGS = 'src_configure() {\n\texport CFLAGS="-O1" CBUILD="${CHOST}"\n}\n'
  for (const host of [client, plain.client]) {
    await ebuilds(host, {
      'dev-toy/a-1': { slot: '1/1' },
      'dev-toy/a-2': { slot: '2/2' },
      'dev-toy/c-1': { slot: '0/1' },
      'dev-toy/c-2': { slot: '0/2' },
      'dev-toy/d-1': { slot: '0/5' },
      'sys-libs/glibc-2.40-r1': { slot: '2.2' },
      'virtual/libc-1': { rdepend: 'sys-libs/glibc:2.2' },
      'app-toy/needs-two-1': both('dev-toy/a:2'),
      'app-toy/any-1': { ...both('dev-toy/a:= dev-toy/d:0='), pdepend: 'dev-toy/c:=' },
      'app-toy/newest-1': both('>=dev-toy/c-2:= || ( dev-toy/nothing:= dev-toy/d:= )'),
      // It is linked: Portage adds the libc, and REQUIRES has a library that no package provides.
      'app-toy/linked-1': {
        ...both('dev-toy/c:='),
        body: 'src_compile() {\n\techo "int main(void){return 0;}" > a.c\n\tgcc -o linked a.c || die\n}\nsrc_install() {\n\tdobin linked\n}\n',
      },
      'app-toy/flags-1': { more: FLAGS },
    })
    const earlier = ['=dev-toy/a-1', '=dev-toy/c-1', 'dev-toy/d', 'sys-libs/glibc', 'virtual/libc']
    await host.must(['emerge', '--oneshot', ...earlier], { env: { PORTAGE_FARM: '0' } })
  }
  const argv = [
    'emerge',
    '--oneshot',
    ...['needs-two', 'any', 'newest', 'linked', 'flags'].map(name => `app-toy/${name}`),
  ]
  const farmed = await client.run(argv, { timeout: 600 })
  t.equal(farmed.code, 0, farmed.all)
  await plain.client.must(argv, { timeout: 600 })

  t.equal(await recorded(client), await recorded(plain.client))
  const events = await lastRun(client)
  t.strictSame(
    ofType(events, 'attempt-failed').map(event => event.reason),
    [],
    'nothing was refused',
  )
  for (const name of ['needs-two', 'any', 'newest', 'linked', 'flags']) {
    t.match(builtOn(events, `app-toy/${name}-1`), /^farm-/)
  }
  t.match(await recorded(client), /linked-1\/RDEPEND:.*>=sys-libs\/glibc-2\.40-r1/)

  const { packages, libc } = await newestPlan(client)
  const expected = (cpv: string) => packages.find(each => each.cpv === cpv && each.type === 'ebuild')?.expected
  t.strictSame(libc, [{ cpv: 'sys-libs/glibc-2.40-r1' }])
  t.ok(expected('app-toy/any-1')?.unchanged.includes('CFLAGS'))
  t.ok(expected('app-toy/any-1')?.unchanged.includes('CBUILD'))
  t.strictSame(
    expected('app-toy/flags-1')?.unchanged.filter(name => /FLAGS|CBUILD|CHOST/.test(name)),
    ['CHOST'],
    'what the ebuild names is its to change',
  )
})

t.test('a bashrc that changes flags is the user’s', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  await ebuilds(client, { 'app-toy/x-1': {} })
  await client.must([
    'sh',
    '-c',
    'echo \'[[ ${PN} == x && ${EBUILD_PHASE} != depend ]] && CFLAGS="-O3"\' >>/etc/portage/bashrc',
  ])
  const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/x'], { timeout: 600 })
  t.equal(code, 0, all)
  t.equal(builtOn(await lastRun(client), 'app-toy/x-1'), 'farm-a', all)
  t.equal(await client.read('/var/db/pkg/app-toy/x-1/CFLAGS'), '-O3\n')
})
