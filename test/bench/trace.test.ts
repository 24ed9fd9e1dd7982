import t from 'tap'
import { readTrace } from '../../bench/trace.ts'

void t.test('an edge goes from what is needed to what needs it', t => {
  const { tasks, remarks } = readTrace(
    {
      packages: [
        { name: 'a', wallMs: 2000 },
        { name: 'b', wallMs: 1000, cpuMs: 2500, makeJobs: 4 },
      ],
      edges: [[0, 1]],
    },
    'x',
  )
  t.match(tasks, [
    { id: 'a', needs: [], seconds: 2 },
    { id: 'b', needs: ['a'], seconds: 1, cores: 4, parallel: 0.5 },
  ])
  t.strictSame(remarks, [])
  t.end()
})

void t.test('what is missing or wrong is mended and said', t => {
  const packages = [
    { name: 'a', wallMs: 4000 },
    { name: 'b' },
    { name: 'c', wallMs: null },
    { name: 'a', wallMs: 9000 },
  ]
  const edges = [[0, 1], [1, 2], [2, 0], [2, 2], [0, 77], ['b', 'nobody'], 'edge']
  const { tasks, remarks } = readTrace({ packages, edges }, 'x')
  t.strictSame(
    tasks.map(task => task.seconds),
    [4, 9, 9, 9],
  )
  t.equal(new Set(tasks.map(task => task.id)).size, 4)
  t.equal(
    tasks.reduce((sum, task) => sum + task.needs.length, 0),
    2,
    'one edge of the circle is gone',
  )
  t.equal(remarks.length, 5)
  t.end()
})

void t.test('what is no trace is refused', t => {
  t.throws(() => readTrace({}, 'x'), /x has no list "packages"/)
  t.throws(() => readTrace([], 'x'), /x has no list "packages"/)
  t.throws(() => readTrace({ packages: [], edges: [] }, 'x'), /x has no packages/)
  t.throws(() => readTrace({ packages: [{ name: 'a' }], edges: 3 }, 'x'), /"edges" of x are not a list/)
  t.end()
})
