/** Sets the clock of a host whose lab was started with `settableClocks`. */
import type { LabHost } from './host.ts'

/**
 * Into /run of the host, and of whatever has a root of its own there: job roots that come and go. Other programs than those
 * that are started anew see it as well, since the library looks whenever somebody asks for the time.
 */
const JUMP = `
import glob, os, sys, time
offset, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
def everywhere(act):
    for run in glob.glob("/proc/[0-9]*/root/run"):
        try:
            act(os.path.join(run, "lab-clock"))
        except OSError:
            pass  # its process has ended
def put(path):
    if not os.path.exists(path):
        with open(path + ".new", "w") as file:
            file.write(offset)
        os.rename(path + ".new", path)
everywhere(os.unlink)
while time.monotonic() < end:
    everywhere(put)
    time.sleep(0.2)
everywhere(os.unlink)
`

/** For so many seconds its clock is ahead by `offset` seconds, or behind; then it is right again. */
export async function jumpClock(host: LabHost, offset: number, seconds: number): Promise<void> {
  await host.must(['python3', '-c', JUMP, String(offset), String(seconds)])
}
