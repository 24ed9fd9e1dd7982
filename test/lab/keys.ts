/** Real ssh keys, made for one run. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

export interface KeyPair {
  private: string
  public: string
}

/** Makes a key pair in `directory`, with `name` as its comment. */
export async function makeKey(directory: string, name: string): Promise<KeyPair> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const file = join(directory, name)
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
  return { private: await readFile(file, 'utf8'), public: await readFile(`${file}.pub`, 'utf8') }
}
