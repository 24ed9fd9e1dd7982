/** Looks whether the real packages work where they were installed. */
import type { LabHost } from '../lab/host.ts'
import { LIBRARIES, PROGRAMS, type RealProgram } from './layers.ts'

/** Runs each program and asks the dynamic linker what it loads. Resolves to what is wrong: nothing, if all is well. */
export async function findFaults(client: LabHost, programs: RealProgram[] = PROGRAMS): Promise<string[]> {
  const faults: string[] = []
  for (const { cpv, path, command, prints, loads } of programs) {
    const { code, all } = await client.run(['bash', '-o', 'pipefail', '-c', command])
    if (code !== 0 || !prints.test(all)) faults.push(`${cpv}: ${command}: ${code}, printed: ${all}`)

    const libraries = (await client.run(['ldd', path])).all
    for (const soname of loads) {
      if (!libraries.includes(`\t${soname} => ${LIBRARIES}/${soname} `)) {
        faults.push(`${cpv}: ${path} does not load ${LIBRARIES}/${soname}:\n${libraries}`)
      }
    }
    if (/not found/.test(libraries)) faults.push(`${cpv}: ${path} has libraries that are missing:\n${libraries}`)
  }
  return faults
}
