/** What of a root's attributes a store can keep: a mount by NFS has no file capabilities, and may have no ACLs. */
import { execa } from 'execa'
import { ISOLATED, projectFile } from '../project.ts'
import type { Layout } from './layout.ts'

export type Attributes = 'acls' | 'xattrs'

/**
 * It is tried. Where it cannot be, the answer is all: a copy that then lacks something fails, and says what.
 *
 * @param python an interpreter
 */
export async function attributesKept(layout: Layout, python: string): Promise<Attributes[]> {
  const all: Attributes[] = ['acls', 'xattrs']
  const argv = [...ISOLATED, projectFile('hooks/attributes'), layout.in('scratch')]
  const { failed, stdout } = await execa(python, argv, { reject: false, stdin: 'ignore', cwd: '/' })
  return failed ? all : all.filter(each => stdout.split('\n').includes(each))
}
