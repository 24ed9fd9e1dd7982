/** Whether a text has a private key in it, whatever it is called. */

/**
 * Keys as PEM has them (RFC 7468, and OpenSSH's and PGP's likewise), with some of the key behind the heading: programs
 * that read keys have the heading alone. PuTTY's and age's forms.
 */
const KEY =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n(?:[\w-]+: .*\r?\n|\r?\n)*[A-Za-z0-9+/=]{16}|^PuTTY-User-Key-File-\d: |^AGE-SECRET-KEY-1[A-Z0-9]{16}/m

export function hasPrivateKey(text: string): boolean {
  return KEY.test(text)
}
