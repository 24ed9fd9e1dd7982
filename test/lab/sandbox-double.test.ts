/**
 * The double of Gentoo's sandbox does what the real one does: sandbox-calls/table.txt has calls, and what came of each
 * under the real one, version 2.46, on Debian 12.
 *
 * To run the table with another sandbox, install that into a directory (make install DESTDIR=…) and name it:
 *
 *     SANDBOX_LAYER=/directory test/run build/test/lab/sandbox-double.test.js
 *
 * With SANDBOX_RECORD=1 besides, what comes of the calls is written to the table in the place of what was there.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { jumpClock } from './clock.ts'
import { Lab, missing } from './lab.ts'
import { script } from './place.ts'
import { ebuild } from './repo.ts'

interface Row {
  name: string
  /** What is run outside before the sandbox is entered, and in it. */
  before: string
  command: string
  /** What came of it under the real one: lines of row.sh, the usual left out. */
  expected: string[]
  /** Where the double differs: why, and lines as above. */
  why: string
  differs: string[]
}

const TABLE = script('sandbox-calls/table.txt')
const lacking = await missing()
const timeout = 900_000
t.setTimeout(timeout)

/** The groups of the table, with their rows. A line's first character says what it is. */
function parse(text: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  let rows: Row[] = []
  for (const line of text.split('\n').filter(line => line !== '')) {
    const row = rows.at(-1)
    if (line.startsWith('-- ')) groups.set(line.slice(3), (rows = []))
    else if (/^[a-zA-Z/]/.test(line))
      rows.push({ name: line, before: '', command: '', expected: [], why: '', differs: [] })
    else if (!row || line.startsWith(';')) continue
    else if (line.startsWith('%')) row.before = line.slice(2)
    else if (line.startsWith('$')) row.command = line.slice(2)
    else if (line.startsWith('| ')) row.why = line.slice(2)
    else if (line.startsWith('|')) row.differs.push(line.slice(1))
    else row.expected.push(line)
  }
  return groups
}

/** What row.sh printed, without numbers that differ each time, and without what follows from the rest. */
function observed(printed: string): string[] {
  const lines = printed
    .replaceAll(/\/proc\/\d+/g, '/proc/N')
    .replaceAll(/(sandbox-(debug-)?)\d+\.log/g, '$1N.log')
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => /^[=?!>~]/.test(line))
  const violations = lines.filter(line => line.startsWith('!'))
  const told = lines.filter(line => line.startsWith('>'))
  const usual = violations.length > 0 ? '? 1' : '? 0'
  const same = told.join('\n') === violations.map(line => line.replace(/^!/, '>').replace(/ -> .*/, '')).join('\n')
  return lines
    .filter(line => line !== usual && line !== '=' && !(line.startsWith('>') && same))
    .concat(same || told.length > 0 ? [] : ['> nothing'])
}

const format = (groups: Map<string, Row[]>): string =>
  [...groups]
    .map(([group, rows]) => {
      const text = rows.map(({ name, before, command, expected, why, differs }) =>
        [
          name,
          ...(before ? [`% ${before}`] : []),
          `$ ${command}`.trimEnd(),
          ...expected,
          ...(why ? [`| ${why}`] : []),
          ...differs.map(line => `|${line}`),
        ].join('\n'),
      )
      return [`-- ${group}`, ...text].join('\n')
    })
    .join('\n\n')

/** A toy that does in each phase what builds do. */
const GOOD = `
S=\${WORKDIR}
pkg_setup() { mkdir -m 777 -p /var/lib/added /var/lib/predicted; }
src_unpack() { echo 'int main(void) { return 0; }' >good.c; }
src_prepare() { default; sed -i s/void/void/ good.c || die; }
src_configure() {
	addwrite /var/lib/added
	echo written >/var/lib/added/file || die
	addpredict /var/lib/predicted
	touch /var/lib/predicted/file && die
}
src_compile() {
	echo "built by $(id -un)"
	printf 'good: good.c\\n\\tgcc -o $@ $<\\n' >Makefile
	emake good
	gcc -static -o static good.c || die
	python3 -c 'import tempfile; tempfile.mkdtemp(); open("/dev/null", "w")' || die
}
src_test() { ./good && ./static && cat <<<here || die; }
src_install() {
	dobin good static
	dosym good /usr/bin/better
	keepdir /var/lib/good
	fowners portage:portage /usr/bin/good
	fperms 4755 /usr/bin/good
}
`

const BAD_STATIC = `
S=\${WORKDIR}
src_compile() {
	echo 'int open(const char *, int, ...); int main(void) { return open("/etc/forbidden", 0101, 0644) < 0; }' >bad.c
	gcc -static -o bad bad.c || die
	./bad
	true
}
`

await t.test('the double of the sandbox', { skip: lacking.length > 0 && lacking.join('; '), timeout }, async t => {
  const text = await readFile(TABLE, 'utf8')
  const groups = parse(text)
  const foreign = process.env['SANDBOX_LAYER']
  const layers = foreign === undefined ? [] : [foreign]
  const lab = await Lab.start({ install: false, builders: 0, layers, settableClocks: true })
  t.teardown(() => lab.stop())
  const { client } = lab
  for (const file of ['row.sh', 'calls.c']) {
    await client.write(`/opt/lab/${file}`, await readFile(script(`sandbox-calls/${file}`)), 0o755)
  }
  await client.must([
    'sh',
    '-ec',
    `cd /opt/lab; gcc -o calls calls.c; gcc -static -o calls-static calls.c
    cp -a /etc/sandbox.conf .; mkdir -p /var/log/sandbox`,
  ])

  for (const [group, rows] of groups) {
    await t.test(group, { timeout }, async t => {
      for (const row of rows) {
        await client.must(['cp', '-a', '/opt/lab/sandbox.conf', '/etc/'])
        const { all } = await client.run(['/opt/lab/row.sh', row.command, row.before])
        const came = observed(all)
        if (process.env['SANDBOX_RECORD']) row.expected = came
        else t.same(came, row.why && !foreign ? row.differs : row.expected, `${row.name}: ${row.command}`, { all })
      }
    })
  }
  if (process.env['SANDBOX_RECORD']) {
    await writeFile(
      TABLE,
      `${text
        .split('\n')
        .filter(line => line.startsWith(';'))
        .join('\n')}\n${format(groups)}\n`,
    )
  }

  await t.test('the lab’s clock goes on beneath it', { timeout }, async t => {
    const seconds = async (command: string[]) =>
      Number((await client.must([...command, 'date +%s'], { env: { SANDBOX_LOG: '/tmp/sandbox.log' } })).trim())
    const jump = jumpClock(client, -86_400, 5)
    await sleep(1000)
    const now = Date.now() / 1000
    for (const command of [
      ['sh', '-c'],
      ['sandbox', '-c'],
    ]) {
      const behind = now - (await seconds(command))
      t.ok(behind > 86_000 && behind < 86_500, `${command.join(' ')}: ${behind} s behind`)
    }
    await jump
    t.ok(Math.abs((await seconds(['sandbox', '-c'])) - Date.now() / 1000) < 60, 'and then it is right again')
  })

  await t.test('Portage builds in it', { timeout }, async t => {
    const emerge = async (name: string, body: string) => {
      await ebuild(client, `app-toy/${name}-1`, { body })
      return client.run(['emerge', '--color=n', `app-toy/${name}`], {
        env: { FEATURES: 'sandbox usersandbox test', NOCOLOR: 'yes' },
      })
    }
    const good = await emerge('good', GOOD)
    t.equal(good.code, 0, good.all)
    t.notMatch(good.all, /ACCESS DENIED|ld\.so/)
    t.match(good.all, /built by portage/)
    t.equal(await client.read('/var/lib/added/file'), 'written\n')
    t.notOk(await client.exists('/var/lib/predicted/file'))

    const written = /^ \* ACCESS DENIED: {2}open_wr_creat: {6}\/etc\/forbidden$/m
    for (const [name, body, denied] of [
      ['bad-compile', 'src_compile() { echo x >/etc/forbidden; true; }', written],
      ['bad-install', 'src_install() { echo x >/etc/forbidden; true; }', written],
      ['bad-static', BAD_STATIC, written],
    ] as const) {
      const { code, all } = await emerge(name, body)
      t.equal(code, 1, all)
      t.match(all, denied)
      t.match(all, /SANDBOX ACCESS VIOLATION SUMMARY/)
      t.match(all, new RegExp(`LOG FILE: ".*/${name}-1/temp/sandbox.log"`))
      t.notOk(await client.exists('/etc/forbidden'))
    }
  })
})
