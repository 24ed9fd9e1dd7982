/** A farm that the demonstration can be given on. */
import type { Lab, LabOptions } from '../lab/lab.ts'

/** Prints a text for people. */
export type Tell = (text: string) => void

export interface Farm {
  /** What is being started, in a line. */
  opening: string
  options: LabOptions
  /** What is to be said or done on the farm before emerge. */
  begin(lab: Lab, tell: Tell): Promise<void>
  /** What those who build have said, for when emerge failed. */
  said(): string
  /** What is to be said or done when emerge has succeeded. */
  end(lab: Lab, tell: Tell): Promise<void>
}
