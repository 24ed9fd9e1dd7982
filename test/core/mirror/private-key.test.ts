import t from 'tap'
import { hasPrivateKey } from '../../../lib/core/mirror/private-key.ts'

const BASE64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n'

void t.test('keys are told by what is in them', t => {
  for (const kind of ['', 'RSA ', 'EC ', 'DSA ', 'ENCRYPTED ', 'OPENSSH ']) {
    t.ok(hasPrivateKey(`Bag Attributes\n-----BEGIN ${kind}PRIVATE KEY-----\n${BASE64}`), kind)
  }
  const certificate = `-----BEGIN CERTIFICATE-----\n${BASE64}-----END CERTIFICATE-----\n`
  t.ok(hasPrivateKey(`${certificate}-----BEGIN PRIVATE KEY-----\r\n${BASE64}`), 'behind a certificate')
  t.ok(
    hasPrivateKey(`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n${BASE64}`),
    'PEM headers',
  )
  t.ok(hasPrivateKey(`-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${BASE64}`), 'PGP')
  t.ok(hasPrivateKey('PuTTY-User-Key-File-3: ssh-ed25519\n'), 'PuTTY')
  t.ok(hasPrivateKey('# created: today\nAGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQ\n'), 'age')
  t.end()
})

void t.test('what reads keys, or is public, is none', t => {
  const certificate = `-----BEGIN CERTIFICATE-----\n${BASE64}-----END CERTIFICATE-----\n`
  const program = '\u007fELF\0-----BEGIN OPENSSH PRIVATE KEY-----\n\0-----END OPENSSH PRIVATE KEY-----\n\0'
  const manual = 'A file that begins with -----BEGIN RSA PRIVATE KEY----- is a key.\n'
  for (const text of [certificate, program, manual, `-----BEGIN PUBLIC KEY-----\n${BASE64}`, '']) {
    t.notOk(hasPrivateKey(text), text.slice(0, 30))
  }
  t.end()
})
