/** A host's log as it is kept here: text of bounded length, that a terminal may be shown. Portage shows a failed build's. */
import { createReadStream, createWriteStream } from 'node:fs'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

/** Bytes of a log, unpacked: that of a browser has some ten MiB. */
export const LONGEST_LOG = 256 * 2 ** 20

/**
 * What builds print to colour a line, or to write it anew (ECMA-48: SGR, EL; and ISO 2022's way back to ASCII, which tput
 * prints), or else any control character but tab, backspace, and ends of lines; in UTF-8 also those behind ASCII.
 */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /\u001b(?:\[[0-9;:]{0,32}[mK]|\(B)|[\0-\u0007\u000b\u000c\u000e-\u001f\u007f]|\u00c2[\u0080-\u009f]/g
/** What may go on in the next piece: the beginning of such a sequence. */
// eslint-disable-next-line no-control-regex -- likewise
const BEGUN = /(?:\u001b(?:\[[0-9;:]{0,32}|\()?|\u00c2)$/

/** Writes the log at `from` to `to`, which must not be there. Throws an Error if it is no log: not gzip's where it should be. */
export async function keepAsText(from: string, to: string, isCompressed: boolean, most = LONGEST_LOG): Promise<void> {
  const source = createReadStream(from)
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600 })
  const text = asText(most)
  await (isCompressed
    ? pipeline(source, createGunzip(), text, createGzip(), target)
    : pipeline(source as Readable, text, target))
}

function asText(most: number): Transform {
  let begun = ''
  let left = most
  const clean = (text: string): Buffer =>
    Buffer.from(
      text.replaceAll(CONTROL, each => (each.startsWith('\u001b') && each.length > 1 ? each : numbered(each))),
      'latin1',
    )
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (left <= 0) {
        done()
        return
      }
      // Bytes, whatever their encoding is.
      const text = begun + chunk.subarray(0, left).toString('latin1')
      left -= chunk.length
      begun = BEGUN.exec(text)?.[0] ?? ''
      const whole = clean(text.slice(0, text.length - begun.length))
      done(null, left > 0 ? whole : Buffer.concat([whole, Buffer.from('\nportage-farm: the rest is left out\n')]))
    },
    flush: done => {
      done(null, clean(begun))
    },
  })
}

function numbered(control: string): string {
  return `\\x${control
    .charCodeAt(control.length - 1)
    .toString(16)
    .padStart(2, '0')}`
}
