import t from 'tap'
import { parseSshTarget } from '../../../lib/edge/config/ssh-target.ts'

void t.test('what is a target', t => {
  const cases: [text: string, user: string | null, host: string, port: number | null][] = [
    ['big', null, 'big', null],
    ['big.lan', null, 'big.lan', null],
    ['root@big.lan', 'root', 'big.lan', null],
    ['my_alias-2', null, 'my_alias-2', null],
    ['build.bot+ci@10.0.0.7', 'build.bot+ci', '10.0.0.7', null],
    ['ssh://big', null, 'big', null],
    ['ssh://root@big.lan', 'root', 'big.lan', null],
    ['ssh://root@big.lan:2222', 'root', 'big.lan', 2222],
    ['ssh://big:65535', null, 'big', 65535],
    ['ssh://root@[2001:db8::7]', 'root', '2001:db8::7', null],
    ['ssh://[::1]:22', null, '::1', 22],
  ]
  for (const [text, user, host, port] of cases) {
    t.strictSame(parseSshTarget(text), { ok: true, target: { user, host, port } }, text)
  }
  t.end()
})

void t.test('what is none, and what to write', t => {
  const cases: [text: string, reason: RegExp, write?: RegExp][] = [
    ['', /empty/, /ssh: root@big\.lan/],
    ['root@big lan', /space/],
    [' big', /space/],
    ['big\u00a0lan', /space/],
    ['-oProxyCommand=id', /character =/],
    ['-big', /begin with -/],
    ['root@-big', /-big is not the name of a host/],
    ['-l@big', /begin with -/],
    ['ssh://-big', /-big is not/],
    ['ssh://-l@big', /-l is not the name of a user/],
    ['big\nlan', /control character/],
    ['big\u0000', /control character/],
    ['big\u009b', /control character/],
    ['big;id', /character ;/],
    ['$(id)@big', /character \$/],
    ['`id`', /character `/],
    ['big|id', /character \|/],
    ["big'", /character '/],
    ['big\\lan', /character \\/],
    ['bíg', /character í/],
    ['root@', /host after @ is missing/],
    ['@big', /user before @ is missing/],
    ['ssh://', /host is missing/],
    ['ssh://root@', /host after @ is missing/],
    ['ssh://root@:22', /host is missing/],
    ['a@b@c', /more than one @/],
    ['big:22', /port needs the ssh:\/\/ form/, /^write: ssh: ssh:\/\/big:22$/],
    ['root@big:22', /port needs the ssh:\/\/ form/, /^write: ssh: ssh:\/\/root@big:22$/],
    ['big:/srv', /directory/, /dir:/],
    ['::1', /IPv6/, /^write: ssh: ssh:\/\/\[::1\]$/],
    ['root@2001:db8::7', /IPv6/, /^write: ssh: ssh:\/\/root@\[2001:db8::7\]$/],
    ['a:b:c', /not the name of a host/],
    ['[::1]', /only in the ssh:\/\/ form/, /^write: ssh: ssh:\/\/\[::1\]$/],
    ['ssh://[::zz]', /not an IPv6 address/],
    ['ssh://[fe80::1%eth0]', /character %/],
    ['ssh://big:0', /1 to 65535/],
    ['ssh://big:65536', /1 to 65535/],
    ['ssh://big:', /1 to 65535/],
    ['ssh://big:022', /1 to 65535/],
    ['ssh://big:ssh', /1 to 65535/],
    ['ssh://big/srv', /directory/, /dir:/],
    ['ssh://root:secret@big', /password/, /identity:/],
    ['http://big', /target of ssh/],
    ['..', /not the name of a host/],
    ['a'.repeat(254), /at most 253/],
    [`${'u'.repeat(65)}@big`, /not the name of a user/],
  ]
  for (const [text, reason, write] of cases) {
    const parsed = parseSshTarget(text)
    if (parsed.ok) t.fail(`taken: ${text}`)
    else {
      t.match(parsed.refusal.reason, reason, JSON.stringify(text))
      t.match(parsed.refusal.write, write ?? /^write for instance: ssh: /, JSON.stringify(text))
    }
  }
  t.end()
})
