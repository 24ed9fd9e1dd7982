/** A newer GNU make than a client's Debian has: one that takes a named pipe for a job server. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { LabHost } from './host.ts'
import { CACHE, script } from './place.ts'

const VERSION = '4.4.1'

/** Makes it the client's `make`, and so that of its job roots. */
export async function giveMake(client: LabHost): Promise<void> {
  const recipe = script('images/gnu-make.sh')
  const digest = createHash('sha256')
    .update(await readFile(recipe))
    .digest('hex')
  const key = `gnu-make-${VERSION}-${digest.slice(0, 12)}`
  const directory = join(CACHE, key)
  if (!existsSync(directory)) await execa(script('images/make.sh'), [CACHE, key, recipe, VERSION], { stdin: 'ignore' })
  const program = await readFile(join(directory, 'make'), 'base64')
  const install = 'base64 -d >/usr/local/bin/make; chmod 755 /usr/local/bin/make; make --version | grep -q " 4[.]4"'
  await client.must(['bash', '-ec', install], { input: program })
}
