/** A host's log as it is kept here: text of bounded length, that a terminal may be shown. Portage shows a failed build's. */
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

/** Bytes of a log, unpacked: that of a browser has some ten MiB. */
export const LONGEST_LOG = 256 * 2 ** 20

/**
 * What builds print to colour a line, or to write it anew (ECMA-48: SGR, EL; and ISO 2022's way back to ASCII, which tput
 * prints), or else any control character but tab, backspace, and ends of lines; in UTF-8 also those behind ASCII, and those
 * that change the direction of what follows.
 */
const CONTROL =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /\u001b(?:\[[0-9;:]{0,32}[mK]|\(B)|([\0-\u0007\u000b\u000c\u000e-\u001f\u007f])\1*|\u00c2[\u0080-\u009f]|\u00e2(?:\u0080[\u008e\u008f\u00aa-\u00ae]|\u0081[\u00a6-\u00a9])/g
/** What may go on in the next piece: the beginning of such a sequence. */
// eslint-disable-next-line no-control-regex -- likewise
const BEGUN = /(?:\u001b(?:\[[0-9;:]{0,32}|\()?|\u00c2|\u00e2[\u0080\u0081]?)$/

/** Of control characters that are alike, one behind the other, no more are shown. */
const MOST_ALIKE = 16

/** Writes the log at `from` to `to`, which must not be there. Throws an Error if it is no log: not gzip's where it should be. */
export async function keepAsText(from: string, to: string, isCompressed: boolean, most = LONGEST_LOG): Promise<void> {
  const source = createReadStream(from)
  const unpacked = isCompressed ? source.pipe(createGunzip()) : source
  // What pipe() does not hand on.
  source.on('error', error => unpacked.destroy(error))
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600 })
  const text = Readable.from(asText(unpacked, most))
  try {
    await (isCompressed ? pipeline(text, createGzip(), target) : pipeline(text, target))
  } finally {
    source.destroy()
  }
}

async function* asText(source: Readable, most: number): AsyncGenerator<Buffer> {
  let begun = ''
  let left = most
  for await (const chunk of source) {
    // Bytes, whatever their encoding is.
    const text = begun + (chunk as Buffer).subarray(0, left).toString('latin1')
    begun = BEGUN.exec(text)?.[0] ?? ''
    const whole = cleaned(text.slice(0, text.length - begun.length))
    yield whole
    left -= Math.max((chunk as Buffer).length, whole.length)
    if (left <= 0) {
      yield Buffer.from('\nportage-farm: the rest is left out\n')
      return
    }
  }
  yield cleaned(begun)
}

function cleaned(text: string): Buffer {
  const shown = text.replaceAll(CONTROL, (found, control: string | undefined) => {
    if (control !== undefined) return numbered(control).repeat(Math.min(found.length, MOST_ALIKE))
    return found.startsWith('\u001b') ? found : Array.from(found, each => numbered(each)).join('')
  })
  return Buffer.from(shown, 'latin1')
}

function numbered(control: string): string {
  return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
}
