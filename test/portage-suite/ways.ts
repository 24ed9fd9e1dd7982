/** The ways in which Portage's tests are run here: which file is in the place of `bin/emerge`, and with which farm. */
import { INSTALLED } from '../lab/install.ts'

/** Where the client has what test/portage-suite/emerge is. */
export const ADMITTING = '/opt/portage/admitting/emerge'

export interface Way {
  name: string
  /** The client's file in the place of the tree's `bin/emerge`; null for stock emerge. */
  emerge: string | null
  /** The client's farm.yaml; null for none. */
  farmYaml: string | null
}

/** Nobody listens at the port: the connection is refused at once. */
const REFUSING = 'hosts:\n  - name: refusing\n    ssh: ssh://root@127.0.0.1:9\n'
/** Nobody is at the address: nothing is heard until the time is up. */
const SILENT = 'hosts:\n  - name: silent\n    ssh: root@10.77.0.250\nconnect-timeout: 1\n'
const SHIM = `${INSTALLED}/hooks/emerge`

export const STOCK: Way = { name: 'stock', emerge: null, farmYaml: null }

/** The shim as it is installed becomes stock emerge by exec. */
export const WITHOUT_FARM: Way = { name: 'shim', emerge: SHIM, farmYaml: null }

/** The shim as it is installed runs stock emerge in its process, and leaves the prefix to it. */
export const IN_PREFIX: Way = { name: 'shim, farm.yaml', emerge: SHIM, farmYaml: REFUSING }

/** Packages of the prefix are the farm's, whose hosts refuse: each is sent home. */
export const REFUSED: Way = { name: 'farming, refused', emerge: ADMITTING, farmYaml: REFUSING }

/** The same with hosts that do not even refuse. */
export const UNANSWERED: Way = { name: 'farming, unanswered', emerge: ADMITTING, farmYaml: SILENT }

export const WAYS: Way[] = [STOCK, WITHOUT_FARM, IN_PREFIX, REFUSED, UNANSWERED]
