/** CONTENTS of an installed package (portage(5), "/var/db/pkg"): what it put where. */

export type Owned =
  | { kind: 'dir'; path: string }
  | { kind: 'sym'; path: string }
  /** `md5`: of the file as it was installed. */
  | { kind: 'obj'; path: string; md5: string }

/**
 * The entries that are wanted; what else there may be (devices, named pipes) is not of use elsewhere.
 *
 * @param locate gives the path that a recorded one is to have; null: it is not wanted
 */
export function* ownedIn(contents: string, locate: (path: string) => string | null): Generator<Owned> {
  for (const line of contents.split('\n')) {
    const end = pathEnd(line)
    if (end < 0) continue
    const path = locate(line.slice(4, end))
    if (path === null) continue
    const kind = line.slice(0, 3)
    if (kind === 'obj') yield { kind, path, md5: line.slice(end + 1, end + 33) }
    else if (kind === 'dir' || kind === 'sym') yield { kind, path }
  }
}

/** Where the path of an entry ends, which may have blanks in it; -1 if it is none. */
function pathEnd(line: string): number {
  if (line.startsWith('dir /')) return line.length
  if (line.startsWith('sym /')) return line.indexOf(' -> ')
  // obj PATH MD5 MTIME
  if (line.startsWith('obj /')) return line.lastIndexOf(' ', line.lastIndexOf(' ') - 1)
  return -1
}
