/** Reads a file as text, or says why it is none. */
import { messageOf } from '../../core/error.ts'
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises'
import type { Finding } from './finding.ts'
import { brief } from './printable.ts'

/** A farm.yaml of a thousand hosts has some 200 KiB. In bytes. */
const MAX_SIZE = 1024 * 1024

export type TextResult =
  | { ok: true; text: string }
  /** `text` is what could be read, with U+FFFD for what is none; null if the file could not be read. */
  | { ok: false; missing: boolean; text: string | null; findings: Finding[] }

function unreadable(message: string, hint: string, missing = false): TextResult {
  return { ok: false, missing, text: null, findings: [{ start: 0, end: 0, message, hint }] }
}

/** What the file is, if it is no regular one. */
async function kind(handle: FileHandle): Promise<string | null> {
  const stats = await handle.stat()
  if (stats.isFile()) return null
  if (stats.isDirectory()) return 'a directory'
  return stats.isFIFO() ? 'a named pipe' : 'a device'
}

/** Reads one byte more than is allowed, at most: the size that stat gives is only a promise. */
async function readBytes(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_SIZE + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

/** The first byte that is not UTF-8. */
function firstBad(bytes: Buffer, lossy: string): number {
  const again = Buffer.from(lossy)
  let end = 0
  while (end < bytes.length && bytes[end] === again[end]) end += 1
  // The replacement character may begin as the bad bytes do.
  while (!isUtf8(bytes.subarray(0, end))) end -= 1
  return end
}

function decode(bytes: Buffer): TextResult {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (wide) return unreadable('the file is UTF-16: it must be UTF-8', 'save it as UTF-8')
  const decoder = new TextDecoder('utf-8')
  if (isUtf8(bytes)) return { ok: true, text: decoder.decode(bytes) }
  const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const bad = firstBad(bytes, lossy)
  const text = decoder.decode(bytes)
  const start = decoder.decode(bytes.subarray(0, bad)).length
  const byte = (bytes[bad] ?? 0).toString(16).padStart(2, '0')
  const message = `the byte 0x${byte} is not UTF-8`
  const hint = 'save the file as UTF-8, for instance with: iconv -f latin1 -t utf-8'
  return { ok: false, missing: false, text, findings: [{ start, end: start + 1, message, hint }] }
}

/** The first of each line: a binary file is full of them. A carriage return is good before a line feed. */
function findControls(text: string): Finding[] {
  const findings: Finding[] = []
  let lineEnd = -1
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  for (const match of text.matchAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\n)/g)) {
    const start = match.index
    if (start < lineEnd) continue
    const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const message = `there is a control character (U+${code}), which YAML does not allow`
    findings.push({ start, end: start + 1, message, hint: 'remove it' })
    const next = text.indexOf('\n', start)
    lineEnd = next === -1 ? text.length : next
  }
  return findings
}

async function explain(error: unknown, path: string): Promise<TextResult> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT': {
      const link = await lstat(path).then(
        stats => stats.isSymbolicLink(),
        () => false,
      )
      if (!link) return unreadable('there is no such file', 'write one, as examples/farm.yaml is', true)
      const target = brief(await readlink(path).catch(() => '?'), 200)
      return unreadable(`it is a symbolic link to ${target}, which does not exist`, `write ${target}, or mend the link`)
    }
    case 'EACCES':
    case 'EPERM':
      return unreadable('it cannot be read: permission denied', 'make it, and its directory, readable for this user')
    case 'ELOOP':
      return unreadable('it is a symbolic link that leads to itself', 'mend the link')
    default: {
      const reason = messageOf(error)
      return unreadable(`it cannot be read: ${brief(reason, 200)}`, 'name a file that can be read')
    }
  }
}

/** The text of a file in UTF-8 without control characters. What is wrong with the file is a value. */
export async function readText(path: string): Promise<TextResult> {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const other = await kind(handle)
    if (other !== null) return unreadable(`it is ${other}, not a file`, 'put a file in its place')
    const bytes = await readBytes(handle)
    if (bytes.length > MAX_SIZE) {
      return unreadable('the file is larger than 1 MiB', 'check that it is really a farm.yaml')
    }
    const result = decode(bytes)
    if (!result.ok) return result
    const findings = findControls(result.text)
    return findings.length > 0 ? { ok: false, missing: false, text: result.text, findings } : result
  } catch (error) {
    return await explain(error, path)
  } finally {
    await handle?.close()
  }
}
