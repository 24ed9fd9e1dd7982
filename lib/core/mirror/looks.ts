/** Whether the text of a file that everybody may read looks as if it held a secret. */
import { hasPrivateKey } from './private-key.ts'

/** A setting that is called as passwords are, and has a value that is none of the words for "there is none". */
const PASSWORD =
  /^[ \t]*(?:export[ \t]+)?["']?[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|psk)["']?[ \t]*[=:][ \t]*["']?(?!(?:none|no|yes|true|false|null|ask|prompt|files|compat|sss|systemd)\b)[^\s"'#$<{/]{6}/im
/** A password within an address: https://name:password@host. */
const IN_AN_ADDRESS = /\b[a-z][a-z+.-]*:\/\/[^\s/:@]+:[^\s/:@]+@/i

export function looksSecret(text: string): boolean {
  return hasPrivateKey(text) || PASSWORD.test(text) || IN_AN_ADDRESS.test(text)
}
