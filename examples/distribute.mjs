#!/usr/bin/env node
// Merges packages on the farm from a program of your own, and tells what happens while it happens.
//
//   node distribute.mjs app-misc/jq net-misc/curl
//
// Ctrl-C ends every job on every host.
import { distribute } from 'portage-farm'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

const distribution = distribute({
  atoms: process.argv.slice(2),
  options: ['--oneshot'],
  signal: stop.signal,
})

for await (const event of distribution) {
  if (event.type === 'job-started') console.log(`${event.package}: building on ${event.host}`)
  if (event.type === 'committed')
    console.log(`${event.package}: built on ${event.host} in ${Math.round(event.seconds)} s`)
  if (event.type === 'installed') console.log(`${event.package}: installed`)
}

const { ok, code, packages, directory } = await distribution.result
for (const { package: name, failed, log } of packages) {
  if (failed !== null) console.error(`${name} failed: ${failed}${log === null ? '' : ` (${log})`}`)
}
console.log(`${packages.length} packages, emerge ended with ${code}; the run's log: ${directory}`)
process.exitCode = ok ? 0 : (code ?? 1)
