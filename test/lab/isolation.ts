/** Whether hosts are without a network, looked at in the hosts. */
import { readlink } from 'node:fs/promises'
import type { LabHost } from './host.ts'

/** What connects these hosts with each other or with this machine, in words; nothing if nothing does. */
export async function connections(hosts: LabHost[]): Promise<string[]> {
  const found: string[] = []
  const seen = new Map([[await readlink('/proc/self/ns/net'), 'this machine']])
  for (const host of hosts) {
    const space = await readlink(`/proc/${host.pid}/ns/net`)
    const other = seen.get(space)
    if (other !== undefined) found.push(`${host.name} has the network of ${other}`)
    seen.set(space, host.name)
    const links = JSON.parse(await host.must(['ip', '-json', 'link'])) as { ifname: string }[]
    found.push(...links.filter(({ ifname }) => ifname !== 'lo').map(({ ifname }) => `${host.name} has ${ifname}`))
    for (const family of ['-4', '-6']) {
      // Those of the loopback are in the table "local", which is not shown.
      const routes = (await host.must(['ip', family, 'route']))
        .split('\n')
        .filter(line => !/^(::1 dev lo .*)?$/.test(line))
      found.push(...routes.map(route => `${host.name} has the route ${route}`))
    }
  }
  return found
}
