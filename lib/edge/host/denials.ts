/**
 * What rsync says that it may not read. The host's own words come in between, and may look like these: what is named is sent
 * besides, so a path that rsync would not say, by which other places could be reached, is none.
 */
import { isPlain } from '../../core/mirror/paths.ts'

/** What a sender says of a file, a directory, or what is said of one besides its contents; older ones do not say who they are. */
const DENIED =
  /^rsync: (?:\[sender\] )?(?:opendir |send_files failed to open |(?:read)?link_stat[( ]|get_xattr_data: lgetxattr\()"(.*?)"(?:\)|,"[^"]*",\d+\))?(?: failed)?: Permission denied \(13\)$/
/** What it says at its end, whatever was wrong. */
const LAST = /^rsync error: some files\/attrs were not transferred \(see previous errors\) \(code 23\)/

/**
 * The paths in the order in which they were met, a character for each byte; null if something else was wrong as well.
 *
 * @param stderr of an rsync that ended with 23 (RERR_PARTIAL), with LC_ALL=C
 */
export function denials(stderr: string): string[] | null {
  const lines = stderr.split('\n').filter(line => line !== '' && !LAST.test(line))
  const paths = lines.map(line => DENIED.exec(line)?.[1])
  if (!paths.every(path => path !== undefined)) return null
  const denied = [...new Set(paths.map(unescaped))]
  return denied.every(isPlain) ? denied : null
}

/** A path as rsync prints it, with what is no character in octal (`\\#011`): a character for each byte. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\#([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

/** Such a path as text; of names that are no UTF-8 something is lost. */
export function textOf(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8')
}
