/**
 * Files with several names that not everybody may read. rsync must not meet them: a sender that is denied such a file and a
 * receiver that wants it under its next name do not come to an end together (rsync 3.2.7 to 3.5.0).
 */
import { execa } from 'execa'

/** Their paths in places, a character for each byte. */
export async function privateWithSeveralNames(places: readonly string[]): Promise<string[]> {
  const argv = [...places, '-type', 'f', '-links', '+1', '!', '-perm', '-004', '-print0']
  // What went away meanwhile is an error to it.
  const { stdout } = await execa('find', argv, { reject: false, stdin: 'ignore', encoding: 'buffer' })
  return Buffer.from(stdout)
    .toString('latin1')
    .split('\0')
    .filter(path => path !== '')
}
