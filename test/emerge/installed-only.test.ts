import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { ebuilds } from '../lab/repo.ts'
import { differences, lastRun, ofType, outcome, startLab, world } from './support.ts'

/** A library that others need, one that a configure script merely finds, and what uses both. */
async function repository(client: LabHost): Promise<void> {
  const library = (name: string): string => `
src_compile() {
	echo "int ${name}(void) { return 42; }" > ${name}.c || die
	echo "int ${name}(void);" > ${name}.h || die
	gcc -shared -fPIC -Wl,-soname,lib${name}.so.3 -o lib${name}.so.3 ${name}.c || die
	ln -s lib${name}.so.3 lib${name}.so || die
}
src_install() {
	# Where Debian's linker looks, which knows no lib64.
	exeinto /usr/lib
	doexe lib${name}.so.3
	dosym lib${name}.so.3 /usr/lib/lib${name}.so
	doheader ${name}.h
}
`
  await ebuilds(client, {
    'dev-toy/needed-3': { slot: '0/3', body: library('needed') },
    'dev-toy/found-3': { slot: '0/3', body: library('found') },
    'app-toy/user-1': {
      depend: 'dev-toy/needed:=',
      rdepend: 'dev-toy/needed:=',
      body: `
src_configure() {
	# As many configure scripts do: what is there is used, and nothing declares it.
	if echo "#include <found.h>" | gcc -E -xc - > /dev/null 2>&1; then
		einfo "found is there"
		echo "-DFOUND -lfound" > flags || die
	else
		echo > flags || die
	fi
}
src_compile() {
	cat > user.c <<-CODE || die
		#include <stdio.h>
		#include <needed.h>
		#ifdef FOUND
		#include <found.h>
		#endif
		int main(void) {
		#ifdef FOUND
			printf("found %d\\\\n", found());
		#endif
			printf("needed %d\\\\n", needed());
			return 0;
		}
	CODE
	gcc -o user user.c -lneeded $(<flags) || die
}
src_install() {
	dobin user
}
`,
    },
  })
}

t.test('what is installed but not in the plan is there when a package is built', async t => {
  const farm = await startLab(t, { builders: 1 })
  const plain = await startLab(t, { builders: 0, install: true, farmYaml: null })
  for (const { client } of [farm, plain]) {
    await repository(client)
    // Built and installed without the farm, and without a binary package: the builders know nothing of them.
    await client.must(['emerge', 'dev-toy/needed', 'dev-toy/found'], { env: { PORTAGE_FARM: '0' } })
    await client.must(['sh', '-c', 'rm -rf /var/cache/binpkgs/*'])
  }
  const farmed = await farm.client.run(['emerge', 'app-toy/user'])
  const stock = await plain.client.run(['emerge', 'app-toy/user'])
  t.equal(farmed.code, 0, farmed.all)
  t.equal(stock.code, 0, stock.all)
  t.strictSame(
    ofType(await lastRun(farm.client), 'committed').map(event => [event.package, event.host]),
    [['app-toy/user-1::gentoo', 'farm-a']],
    'only the package itself was built, and on the host',
  )
  t.equal(await farm.client.must(['user']), 'found 42\nneeded 42\n')
  t.equal(await farm.client.read('/var/db/pkg/app-toy/user-1/RDEPEND'), 'dev-toy/needed:0/3=\n')
  t.strictSame(await world(farm.client), await world(plain.client))
  const volatile = /^(\/etc\/(portage\/farm\.yaml|hosts|hostname|machine-id|ld\.so\.cache|ssh\/.*)|\/root\/.*)$/
  const different = differences(await outcome(plain.client), await outcome(farm.client))
  t.strictSame(
    different.filter(line => !volatile.test(line.split(': ')[0] ?? '')),
    [],
    'the systems are the same',
  )
})
