import t, { type Test } from 'tap'
import type { Running } from '../lab/running.ts'
import { emerge, type Fake, type Outcome, Twins } from './twins.ts'

/** Seconds in which Ctrl-C must have ended emerge. Stock emerge takes under one on an idle machine. */
const QUICK = 15

t.test('on a terminal', async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-f')
  const begin = async (command: string, fake: Fake, before = ''): Promise<Running> => {
    await twins.prepare({ fake, before })
    return twins.spawn(emerge(command), { tty: true })
  }

  await t.test('--ask, and the library hears of the plan only after Yes', async t => {
    for (const [answer, code, installed] of [
      ['Yes', 0, ['pkg-f']],
      ['No', 130, []],
    ] as const) {
      const running = await begin('--ask app-toy/pkg-f', {})
      await running.until(/Yes\/No/)
      t.notMatch(await twins.farm.read('/tmp/fake.log'), '"plan"')
      running.write(`${answer}\n`)
      const result = await twins.end(running)
      t.strictSame([result.code, result.installed], [code, installed], result.all)
    }
  })

  const interrupt = async (t: Test, running: Running): Promise<Outcome> => {
    const began = Date.now()
    running.write('\x03')
    const result = await twins.end(running, 60)
    t.ok(Date.now() - began < QUICK * 1000, `it took ${Date.now() - began} ms`)
    return result
  }
  const hold = 'touch /etc/hold-pkg-e\n'
  /** Waits until the build does. Stock emerge (3.0.83) does not always survive Ctrl-C while it takes its locks. */
  const held = async () => twins.farm.must(['sh', '-c', 'until [ -e /tmp/held ]; do sleep 0.1; done'], { timeout: 60 })

  await t.test('Ctrl-C while packages are built: as with stock emerge', async t => {
    // What stock emerge comes to: portage-farm stands aside.
    await twins.prepare({ before: hold })
    const stock = twins.spawn(emerge('app-toy/pkg-a'), { tty: true, env: { PORTAGE_FARM: '0' } })
    await held()
    const expected = await interrupt(t, stock)
    t.equal(expected.code, 130, expected.all)

    // Portage's own loop must be at it: before that a signal may come while it writes, which stock emerge does not survive.
    const looping = /that is all[^]*Jobs: 0 of|Jobs: 0 of[^]*that is all/
    for (const [where, fake, until] of [
      ['elsewhere', { default: 'silent' }, looping],
      ['at home', { default: 'home' }, null],
      ['nowhere, before anything may begin', { go: 'never', default: 'silent' }, looping],
    ] as const) {
      const running = await begin('app-toy/pkg-a', fake, hold)
      await (until ? running.until(until) : held())
      const result = await interrupt(t, running)
      t.equal(result.code, 130, `${where}: ${result.all}`)
      t.match(result.all, 'Exiting on signal 2')
      t.strictSame(result.resume, expected.resume, where)
      t.strictSame([result.installed, result.world, result.markers], [[], [], []], where)
      const ends = result.heard.filter(message => message.type === 'interrupt' || message.type === 'end')
      t.strictSame(ends, [{ type: 'interrupt' }, { type: 'end', code: 130 }], where)
      const left = await twins.farm.run(['pgrep', '-fa', 'ebuild.sh|fake_library'])
      t.equal(left.stdout, '', 'no process is left')
    }
  })
})
