import t from 'tap'
import { parseFarmConfig } from '../../../lib/edge/config/parse.ts'
import { MAX_PROBLEMS } from '../../../lib/edge/config/problem.ts'

type Expected = [line: number, column: number, message: RegExp, hint?: RegExp]

/** A wrong file: its lines, and every problem that it has to be told for. */
const wrong: Record<string, [lines: string[], ...Expected[]]> = {
  'an empty file': [[''], [1, 1, /^the file is empty/, /hosts: \[root@big\.lan\]/]],
  'blank lines only': [
    ['', '  ', ''],
    [1, 1, /^the file is empty/],
  ],
  'comments only': [
    ['# hosts:', '#  - a', ''],
    [1, 1, /^the file has nothing in it/],
  ],
  'an empty document': [['---'], [1, 1, /^the file has nothing in it/]],
  'no map': [['- root@a'], [1, 1, /^the file is a list: it must be a map/, /hosts:/]],
  'one word': [['hosts'], [1, 1, /^the file is hosts: it must be a map/]],
  'hosts missing': [['intercept: notice'], [1, 1, /^hosts is missing/, /hosts: \[root@big\.lan\]/]],
  'hosts empty': [
    ['# farm', 'hosts:'],
    [2, 1, /^hosts is empty: it must be a list/],
  ],
  'hosts an empty list': [['hosts: []'], [1, 1, /^hosts is an empty list/]],
  'hosts a map': [['hosts: {a: b}'], [1, 1, /^hosts is a map/]],
  'hosts a word': [['hosts: root@a'], [1, 1, /^hosts is root@a/, /^write it as a list: hosts: \[root@a\]$/]],

  'a store and hosts': [
    ['store: /mnt/farm', 'hosts: [a]', 'defaults: {jobs: 2}'],
    [2, 1, /^hosts and store are both there/, /^remove hosts: or store:$/],
    [3, 1, /^defaults and store are both there/],
  ],
  'a store that is no path': [
    ['store: farm'],
    [1, 1, /^store is farm: it must be an absolute path$/, /store: \/farm$/],
  ],
  'a store that is empty': [['store:'], [1, 1, /^store is empty: it must be the absolute path of a directory/]],

  'what is no package atom': [
    [
      'hosts: [{ssh: a, only: [], not: "cat/pkg", prefer: [cat/pkg, 3]}]',
      'kernel-modules: sent',
      'stay:',
      '  - "rust"',
      '  - cat/pkg-1.2-r3',
      '  - ">=cat/pkg"',
      '  - "!cat/pkg"',
      '  - "cat/pkg[ssl]"',
      '  - "cat /pkg"',
      '  - cat/sub/pkg',
      '  - "cat/pkg:a:b"',
      '  - "cat/pkg::a::b"',
      '  - "-cat/pkg"',
      '  - ""',
      '  - "cat/pkg\u200b"',
    ],
    [1, 18, /^hosts\[0\]\.only is an empty list: it must be a list of at least one package atom$/, /only: \["dev-lang/],
    [1, 28, /^hosts\[0\]\.not is "cat\/pkg": it must be a list of package atoms$/],
    [1, 62, /^hosts\[0\]\.prefer\[1\] is 3: it must be a package atom/],
    [2, 1, /^kernel-modules is sent: it must be stay or send$/, /^write: kernel-modules: send$/],
    [4, 5, /^stay\[0\] is "rust": it must have a category and a name$/, /"\*\/rust"/],
    [5, 5, /^stay\[1\] is cat\/pkg-1\.2-r3: a version needs an operator$/, /"=cat\/pkg-1\.2-r3"/],
    [6, 5, /: >= needs a version$/, />=cat\/pkg-1\.0/],
    [7, 5, /: it must not be a blocker$/],
    [8, 5, /: it must not have USE flags$/],
    [9, 5, /: it must be CATEGORY\/NAME$/],
    [10, 5, /: it must be CATEGORY\/NAME$/],
    [11, 5, /: it must be CATEGORY\/NAME$/],
    [12, 5, /: it must be CATEGORY\/NAME$/],
    [13, 5, /: it must be CATEGORY\/NAME$/],
    [14, 5, /^stay\[10\] is empty text: it must be CATEGORY\/NAME$/],
    [15, 5, /: it must be CATEGORY\/NAME$/],
  ],
  'a pattern that YAML takes for an alias': [
    ['hosts: [a]', 'stay:', '  - */*-bin'],
    [3, 5, /\/\*-bin/, /"\*\/\*-bin"/],
  ],

  'unknown keys at every level': [
    [
      'hosts:',
      '  - ssh: a',
      '    job: 1',
      '    root: { paht: /x }',
      'defaults: { knownHosts: /x }',
      'intercpt: notice',
    ],
    [3, 5, /^hosts\[0\]\.job is not an option$/, /^write jobs: instead; /],
    [4, 13, /^hosts\[0\]\.root\.paht is not an option$/, /^write path: instead; /],
    [5, 13, /^defaults\.knownHosts is not an option$/, /^write known-hosts: instead; /],
    [6, 1, /^intercpt is not an option$/, /^write intercept: instead; /],
  ],
  'a key unlike any': [
    ['hosts: [a]', 'xyz: 1'],
    [2, 1, /^xyz is not/, /^the options there are hosts, defaults, /],
  ],
  'keys at the wrong level': [
    ['jobs: 2', 'ssh: a', 'hosts: [{ssh: a, intercept: require}]', 'defaults: {name: x}'],
    [1, 1, /^jobs is not an option/, /below defaults: for all hosts/],
    [2, 1, /^ssh is not an option/, /at a host, below hosts:/],
    [3, 18, /^hosts\[0\]\.intercept is not/, /left margin/],
    [4, 12, /^defaults\.name is not/, /at a host, below hosts:/],
  ],
  'a misspelt hosts is told once': [['host: [a]'], [1, 1, /^host is not an option/, /^write hosts: instead/]],
  'keys of every object': [
    ['__proto__: { polluted: true }', 'constructor: 1', 'hosts: [{ssh: a, __proto__: {jobs: 3}, toString: 1}]'],
    [1, 1, /^__proto__ is not an option/],
    [2, 1, /^constructor is not an option/],
    [3, 18, /^hosts\[0\]\.__proto__ is not/],
    [3, 40, /^hosts\[0\]\.toString is not/],
  ],
  'keys that are no words': [
    ['? [a]', ': b', ': c', '4: d', 'hosts: [a]'],
    [1, 3, /^a key must be a word/],
    [3, 1, /^"" is not an option/],
    [4, 1, /^4 is not an option/],
  ],
  'a key twice': [
    ['hosts:', '  - ssh: a', '    jobs: 1', '    jobs: 2', 'hosts: [b]'],
    [4, 5, /^jobs is given twice: first in line 3$/, /remove one/],
    [5, 1, /^hosts is given twice: first in line 1$/],
  ],

  'wrong types': [
    [
      'hosts:',
      '  - ssh: [a]',
      '    name: {}',
      '    jobs: two',
      '    dir: 7',
      '    root: 5',
      '    makeopts: [-j8]',
      '    clean: 1',
      '  - 10',
      '  -',
      '  - [a]',
      'defaults: 3',
      'intercept: true',
      'exclude: {}',
      'connect-timeout: fast',
    ],
    [2, 5, /^hosts\[0\]\.ssh is a list: it must be where ssh goes/],
    [3, 5, /^hosts\[0\]\.name is a map/],
    [4, 5, /^hosts\[0\]\.jobs is two: it must be a whole number from 1 to 1024/, /^write for instance: jobs: 2$/],
    [5, 5, /^hosts\[0\]\.dir is 7: it must be an absolute path/, /dir: \/srv\/farm/],
    [6, 5, /^hosts\[0\]\.root is 5: it must be mirror, or/],
    [7, 5, /^hosts\[0\]\.makeopts is a list/, /makeopts: "-j8"/],
    [8, 5, /^hosts\[0\]\.clean is 1: it must be true or false/],
    [9, 5, /^hosts\[1\] is 10: it must be an ssh target, or a map/],
    [10, 4, /^hosts\[2\] is empty/],
    [11, 5, /^hosts\[3\] is a list/],
    [12, 1, /^defaults is 3: it must be a map/],
    [13, 1, /^intercept is true: it must be notice or require/],
    [14, 1, /^exclude is a map: it must be a list/],
    [15, 1, /^connect-timeout is fast: it must be a whole number of seconds/],
  ],
  'right values in the wrong clothes': [
    ['hosts:', '  - ssh: a', '    jobs: "4"', '    clean: yes', '    name: 12', '    makeopts: -8', '    root: /srv/x'],
    [3, 5, /^hosts\[0\]\.jobs is "4"/, /^write it without quotes: jobs: 4$/],
    [4, 5, /^hosts\[0\]\.clean is yes/, /^write: clean: true$/],
    [5, 5, /^hosts\[0\]\.name is 12/, /^write it in quotes: name: "12"$/],
    [6, 5, /^hosts\[0\]\.makeopts is -8/, /^write it in quotes: makeopts: "-8"$/],
    [7, 5, /^hosts\[0\]\.root is \/srv\/x/, /^write: root: \{ path: \/srv\/x \}$/],
  ],
  'values left out': [
    ['hosts:', '  - ssh:', '  - ssh: b', '    jobs:', '    root: {}', '  - {}', 'defaults:'],
    [2, 5, /^hosts\[0\]\.ssh is empty/, /ssh: root@big\.lan/],
    [4, 5, /^hosts\[1\]\.jobs is empty/],
    [5, 5, /^hosts\[1\]\.root\.path is missing/],
    [6, 5, /^hosts\[2\]\.ssh is missing/],
    [7, 1, /^defaults is empty/],
  ],
  'jobs that are no number of jobs': [
    [
      'hosts:',
      ...['0', '-1', '1.5', '1025', '1e400', '99999999999999999999', '.nan'].map(
        (jobs, i) => `  - {ssh: h${i}, jobs: ${jobs}}`,
      ),
    ],
    [2, 15, /^hosts\[0\]\.jobs is 0: it must be a whole number from 1 to 1024$/],
    [3, 15, /^hosts\[1\]\.jobs is -1:/],
    [4, 15, /^hosts\[2\]\.jobs is 1\.5:/],
    [5, 15, /^hosts\[3\]\.jobs is 1025:/],
    [6, 15, /^hosts\[4\]\.jobs is 1e400:/],
    [7, 15, /^hosts\[5\]\.jobs is 99999999999999999999:/],
    [8, 15, /^hosts\[6\]\.jobs is \.nan:/],
  ],
  'a time that is none': [
    ['hosts: [a]', 'connect-timeout: 601'],
    [2, 1, /^connect-timeout is 601: it must be a whole number of seconds from 1 to 600/],
  ],
  'bad ssh targets': [
    [
      'hosts:',
      '  - ""',
      '  - a b',
      '  - ssh: -oProxyCommand=id',
      '  - ssh: "-l"',
      '  - root@',
      '  - ssh://a:0',
      '  - a:22',
      '  - $(id)',
    ],
    [2, 5, /^hosts\[0\] is empty text: it must not be empty/],
    [3, 5, /^hosts\[1\] is a b: it has a space/],
    [4, 5, /^hosts\[2\]\.ssh is -oProxyCommand=id: it has the character =/],
    [5, 5, /^hosts\[3\]\.ssh is "-l": it must not begin with -/],
    [6, 5, /^hosts\[4\] is root@: the host after @ is missing/],
    [7, 5, /^hosts\[5\] is ssh:\/\/a:0: the port/],
    [8, 5, /^hosts\[6\] is a:22: a port needs/, /^write: ssh: ssh:\/\/a:22$/],
    [9, 5, /^hosts\[7\] is \$\(id\): it has the character/],
  ],
  'bad directories': [
    [
      'hosts:',
      ...['srv', '/', '//', '/.', '/srv/../etc', '"/srv/a b"', '"/srv/a:b"', '"/a,b"', '"/a\\nb"', '~/farm', '""'].map(
        (dir, i) => `  - {ssh: h${i}, dir: ${dir}}`,
      ),
      '  - {ssh: z, root: {path: srv}}',
    ],
    [2, 15, /^hosts\[0\]\.dir is srv: it must be an absolute path/, /dir: \/srv$/],
    [3, 15, /must not be \/ itself/],
    [4, 15, /must not be \/ itself/],
    [5, 15, /must not be \/ itself/],
    [6, 15, /must not have \.\. in it/],
    [7, 15, /must not have blanks or control characters/],
    [8, 15, /must not have the character :/],
    [9, 15, /must not have the character ,/],
    [10, 15, /must not have blanks or control characters/],
    [11, 15, /must be an absolute path/],
    [12, 16, /is empty text: it must be an absolute path/],
    [13, 21, /^hosts\[11\]\.root\.path is srv/],
  ],
  'bad names and files': [
    [
      'hosts:',
      '  - ssh: a',
      '    name: a/b',
      '    identity: .ssh/farm',
      '    known-hosts: ~/a b',
      '    makeopts: "-j$(nproc)"',
    ],
    [3, 5, /^hosts\[0\]\.name is a\/b: it must begin with a letter or digit/],
    [4, 5, /^hosts\[0\]\.identity is \.ssh\/farm: it must be an absolute path, or begin with ~\//, /identity: \/root/],
    [5, 5, /^hosts\[0\]\.known-hosts is ~\/a b: it must not have blanks/],
    [6, 5, /^hosts\[0\]\.makeopts is "-j\$\(nproc\)": it must be options of make/],
  ],
  'patterns that would be orders to rsync': [
    ['hosts: [a]', 'exclude:', '  - "!"', '  - "+ /etc/shadow"', '  - "- /x"', '  - ""', '  - "a\\nb"', '  - 4'],
    [3, 5, /^exclude\[0\] is "!": it begins as an order/],
    [4, 5, /^exclude\[1\]/],
    [5, 5, /^exclude\[2\]/],
    [6, 5, /^exclude\[3\] is empty text/],
    [7, 5, /^exclude\[4\] .*control/],
    [8, 5, /^exclude\[5\] is 4/, /^write it in quotes: "4"$/],
  ],
  'a choice that is none': [
    ['hosts: [a]', 'intercept: requires'],
    [2, 1, /^intercept is requires: it must be notice or require$/, /^write: intercept: require$/],
  ],

  'hosts twice': [
    ['hosts:', '  - a', '  - ssh: b', '  - ssh: a', '  - x@b', '  - {ssh: c, name: d}', '  - {ssh: e, name: d}'],
    [4, 5, /^hosts\[2\] is the same host and directory as hosts\[0\] in line 2$/, /another dir:/],
    [5, 5, /^hosts\[3\] has the name b, as hosts\[1\] in line 3 has$/, /name: b-2/],
    [7, 14, /^hosts\[5\] has the name d, as hosts\[4\] in line 6 has$/],
  ],
  'a host twice in other words': [
    ['hosts:', '  - {ssh: root@A, name: x, dir: /srv/farm}', '  - {ssh: "ssh://root@a", name: y, dir: /srv//farm/}'],
    [3, 6, /^hosts\[1\] is the same host and directory as hosts\[0\]/],
  ],
  'a host twice by an alias': [
    ['hosts:', '  - &a {ssh: a}', '  - *a'],
    [3, 5, /^hosts\[1\] is the same host/],
  ],

  'a tab before a list': [
    ['hosts:', '\t- ssh: a'],
    [2, 1, /^a tab is used as indentation/, /spaces instead of the tab/],
  ],
  'a tab before a key': [
    ['hosts:', '  - ssh: a', '\tjobs: 4'],
    [3, 1, /^a tab/],
  ],
  'tabs behind spaces': [
    ['hosts:', '  - ssh: a', '  \tjobs: 4', '\tclean: true'],
    [3, 3, /^a tab/],
    [4, 1, /^a tab/],
  ],
  'a tab, and what is wrong before it': [
    ['hosts:', '  - ssh: a', '    jobz: 1', '  - ssh: b', '    jobs: 0', '\tdir: /x', '    clean: 3'],
    [3, 5, /^hosts\[0\]\.jobz/],
    [5, 5, /^hosts\[1\]\.jobs is 0/],
    [6, 1, /^a tab/],
  ],
  'a line too deep': [
    ['hosts:', '  - ssh: a', '      jobs: 4'],
    [3, 7, /^the line is indented deeper/, /exactly below/],
  ],
  'a line neither here nor there': [
    ['hosts:', '  - ssh: a', '   jobs: 4'],
    [3, 4, /^the line begins neither/],
  ],
  'no colon': [
    ['hosts:', '  - ssh a', '    jobs: 4'],
    [2, 5, /^a key without a colon/],
  ],
  'a colon too many': [
    ['hosts:', '  - ssh: a: b'],
    [2, 10, /^two keys in one line/, /in quotes/],
  ],
  'an open bracket': [['hosts: [a'], [1, 10, /not closed/]],
  'an open quote': [
    ['hosts: ["a', ''],
    [1, 11, /not closed/],
  ],
  'a character of YAML': [
    ['hosts:', '  - @a'],
    [2, 5, /cannot begin with this character/, /quotes/],
  ],

  'two documents': [
    ['hosts: [a]', '---', 'hosts: [b]'],
    [2, 1, /^a second document begins here/],
  ],
  'many documents': [Array<string>(1000).fill('---'), [2, 1, /^a second document/]],
  tags: [
    ['hosts:', ' - !!binary aGk=', ' - !foo {ssh: b}', ' - !<tag:x> d', 'exclude: !!set {a}'],
    [2, 4, /^tags such as !!binary/, /without the tag/],
    [3, 4, /^tags/],
    [4, 4, /^tags/],
    [5, 10, /^tags/],
  ],
  directives: [
    ['%FOO bar', '---', 'hosts: [a]'],
    [1, 1, /^directives/],
  ],
  'YAML 1.1 is not asked for its opinion': [
    ['%YAML 1.1', '---', 'hosts: [{ssh: a, clean: on}]'],
    [3, 18, /^hosts\[0\]\.clean is on/, /clean: true/],
  ],
  'merge keys': [
    ['defaults: &d {jobs: 2}', 'hosts:', '  - <<: *d', '    name: a'],
    [3, 5, /^merge keys \(<<\) are not supported/, /defaults:/],
  ],
  'a pattern that is an alias': [
    ['hosts: [a]', 'exclude: [*.o]'],
    [2, 11, /^\*\.o stands for &\.o, which is not above it/, /"\*\.o"/],
  ],
  'an alias before its anchor': [['hosts: [*a, &a b]'], [1, 9, /^\*a stands for &a, which is not above it/]],
  'an anchor within itself': [['hosts: &a [*a]'], [1, 12, /^\*a stands for what it is part of/]],
  'an anchor with a wrong value is told once': [
    ['hosts: [{ssh: a, root: &r {path: x}}, {ssh: b, root: *r}, {ssh: c, root: *r}]'],
    [1, 28, /^hosts\[0\]\.root\.path is x/],
  ],
  'anchors that explode': [
    [
      'exclude:',
      '  - &a [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from('bcdefgh').map(
        (name, i) =>
          `  - &${name} [${Array(10)
            .fill(`*${'abcdefg'[i] ?? ''}`)
            .join(',')}]`,
      ),
      'hosts: [a]',
    ],
    [2, 8, /^exclude\[0\] is a list/],
    [3, 8, /^exclude\[1\] is a list/],
    [4, 8, /^exclude\[2\] is a list/],
    [5, 8, /^exclude\[3\] is a list/],
    [5, 30, /^\*c stands for too much/, /defaults:/],
    [6, 8, /./],
    [7, 8, /./],
    [8, 8, /./],
    [9, 8, /./],
  ],
  'brackets without end': [['['.repeat(100_000)], [1, 50, /^lists and maps are nested more than 50 deep/]],
  'braces without end': [['{'.repeat(1_000_000)], [1, 50, /nested more than 50 deep/]],
  'a value without end': [
    ['hosts: [a]', `exclude: ["${'x'.repeat(70_000)}"]`],
    [2, 11, /^the value is too long/],
  ],
  'more than any farm has': [[`hosts: [${'a,'.repeat(100_000)}]`], [1, 66_671, /too much in it/]],

  'line feeds of Windows': [
    ['hosts:\r', '  - ssh: a\r', '    jobs: 0\r', ''],
    [3, 5, /^hosts\[0\]\.jobs is 0:/],
  ],
  'columns are characters': [
    ['hosts: [{ssh: a, name: "😀😀", jobs: 0}]'],
    [1, 18, /name is "😀😀"/],
    [1, 30, /jobs is 0/],
  ],
  'blanks that are none': [['\u00a0hosts: [a]'], [1, 1, /^"\\u00a0hosts" is not an option/, /^write hosts: instead/]],
}
for (const [name, [lines, ...expected]] of Object.entries(wrong)) {
  void t.test(name, t => {
    const parsed = parseFarmConfig(lines.join('\n'), 'farm.yaml')
    if (parsed.ok) throw new Error('taken')
    const told = parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
    t.equal(told.length, expected.length, told.join('\n').slice(0, 2000))
    for (const [index, [line, column, message, hint]] of expected.entries()) {
      const problem = parsed.problems[index]
      t.match(problem, { file: 'farm.yaml', line, column, message, hint: hint ?? /./ })
      t.equal(problem?.source, lines[line - 1]?.replace(/\r$/, ''))
    }
    t.end()
  })
}

void t.test('at most so many problems', t => {
  const lines = Array.from({ length: 50 }, (_, i) => `  - {ssh: h${i}, jobs: 0}`)
  const parsed = parseFarmConfig(['hosts:', ...lines].join('\n'), 'farm.yaml')
  t.match(parsed, { ok: false, problems: { length: MAX_PROBLEMS }, omitted: 50 - MAX_PROBLEMS })
  t.end()
})

void t.test('nothing is polluted', t => {
  parseFarmConfig(
    '__proto__: {polluted: 1}\nhosts: [{ssh: a, __proto__: {polluted: 1}}]\ndefaults: {__proto__: {jobs: 9}}',
    'f',
  )
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  t.end()
})

const host = {
  jobs: 1,
  dir: '/var/lib/portage-farm',
  root: { provider: 'mirror' },
  makeopts: null,
  clean: false,
  identity: null,
  knownHosts: null,
  only: null,
  not: [],
  prefer: [],
}

void t.test('the defaults', t => {
  t.strictSame(parseFarmConfig('hosts:\n  - root@small.lan\n', 'farm.yaml'), {
    ok: true,
    config: {
      hosts: [{ ...host, name: 'small.lan', ssh: 'root@small.lan' }],
      store: null,
      intercept: 'notice',
      exclude: [],
      include: [],
      stay: [],
      kernelModules: 'stay',
      connectTimeout: 10,
      stuckAfter: 1800,
      largestPackage: 16 * 2 ** 30,
      keep: { days: 60, bytes: 20 * 2 ** 30 },
    },
  })
  t.end()
})

void t.test('every option', t => {
  const text = `
hosts:
  - ssh: ssh://root@big.lan:2222
    name: big
    jobs: 4
    dir: /srv//farm/
    root: { path: /srv/roots/client/ }
    makeopts: "-j8 -l8.5"
    clean: false
    identity: ~/.ssh/farm
    known-hosts: /etc/portage/farm-known-hosts
    only: ["dev-lang/*"]
    not: [dev-qt/qtwebengine:5]
    prefer: [">=dev-lang/rust-1.80", "*/*::guru"]
  - ssh: "ssh://root@[2001:db8::7]:22"
  - root@small.lan
defaults: { jobs: 2, clean: true, makeopts: "", root: mirror }
intercept: require
exclude: ["/usr/src/linux-*/vmlinux", "*.o"]
include: [/etc/keys//modules.pem, /srv/headers/]
stay: ["sys-kernel/*", "*/*-bin", "~cat/pkg-1.2_rc3", "=cat/pkg-2*:0/3::gentoo"]
kernel-modules: send
local-jobs: 3
connect-timeout: 600
stuck-after: 0
keep-days: 7
keep-size: 1
`
  const other = { ...host, jobs: 2, clean: true, makeopts: '' }
  t.strictSame(parseFarmConfig(text, 'farm.yaml'), {
    ok: true,
    config: {
      hosts: [
        {
          name: 'big',
          ssh: 'ssh://root@big.lan:2222',
          jobs: 4,
          dir: '/srv/farm',
          root: { provider: 'path', path: '/srv/roots/client' },
          makeopts: '-j8 -l8.5',
          clean: false,
          identity: '~/.ssh/farm',
          knownHosts: '/etc/portage/farm-known-hosts',
          only: ['dev-lang/*'],
          not: ['dev-qt/qtwebengine:5'],
          prefer: ['>=dev-lang/rust-1.80', '*/*::guru'],
        },
        { ...other, name: '2001-db8--7', ssh: 'ssh://root@[2001:db8::7]:22' },
        { ...other, name: 'small.lan', ssh: 'root@small.lan' },
        { ...other, name: 'local', ssh: null, jobs: 3 },
      ],
      store: null,
      intercept: 'require',
      exclude: ['/usr/src/linux-*/vmlinux', '*.o'],
      include: ['/etc/keys/modules.pem', '/srv/headers'],
      stay: ['sys-kernel/*', '*/*-bin', '~cat/pkg-1.2_rc3', '=cat/pkg-2*:0/3::gentoo'],
      kernelModules: 'send',
      connectTimeout: 600,
      stuckAfter: 0,
      largestPackage: 16 * 2 ** 30,
      keep: { days: 7, bytes: 2 ** 30 },
    },
  })
  t.end()
})

void t.test('this machine as a host', t => {
  const parsed = (text: string) => parseFarmConfig(text, 'farm.yaml')
  t.match(parsed('hosts: [local]\nlocal-jobs: 0\n'), { ok: true }, 'nobody else has the name')
  const taken = parsed('hosts:\n  - big\n  - ssh: root@x\n    name: local\nlocal-jobs: 2\n')
  t.match(taken, {
    ok: false,
    problems: [{ line: 4, message: /^hosts\[1\] has the name local, which means this machine/ }],
  })
  t.match(parsed('hosts: [home]\n'), { ok: false, problems: [{ line: 1, message: /has the name home, which means/ }] })
  t.match(parsed('hosts: [{ssh: home, name: attic}]\n'), { ok: true }, 'by another name')
  const apart = parsed('hosts: [big]\ndefaults: {dir: /srv/farm, root: {path: /srv/root}}\nlocal-jobs: 1\n')
  const local = { dir: '/var/lib/portage-farm', root: { provider: 'mirror' } }
  t.match(apart, { config: { hosts: [{ dir: '/srv/farm' }, local] } }, 'no copy of a root has that directory')
  t.end()
})

void t.test('what YAML has besides, and is good', t => {
  const good: Record<string, string> = {
    'small anchors': 'defaults: &d {jobs: 2}\nhosts:\n  - {ssh: a, root: &r {path: /x}}\n  - {ssh: b, root: *r}\n',
    'a tab behind a colon': 'hosts:\n  - ssh:\ta\n    jobs:\t4\t# four\n',
    'the end of the document': '---\nhosts: [a]\n...\n',
    'a byte order mark': '\ufeffhosts: [a]\n',
    'core tags': 'hosts: !!seq [!!str a]\n',
    JSON: '{"hosts": [{"ssh": "a", "jobs": 2}]}',
    'one machine with two directories': 'hosts: [{ssh: a, name: x}, {ssh: a, name: y, dir: /srv/y}]',
    'one name with two users': 'hosts: [{ssh: a@h, name: x}, {ssh: b@h, name: y}]',
  }
  for (const [name, text] of Object.entries(good)) t.match(parseFarmConfig(text, 'farm.yaml'), { ok: true }, name)
  t.end()
})

void t.test('a store in the place of hosts', t => {
  const text = 'store: /mnt//farm/\nlocal-jobs: 2\nstay: ["sys-kernel/*"]\n'
  t.match(parseFarmConfig(text, 'farm.yaml'), {
    ok: true,
    config: { hosts: { length: 0 }, store: { path: '/mnt/farm', jobs: 2 }, stay: ['sys-kernel/*'], connectTimeout: 10 },
  })
  t.end()
})
