/** How one read replica is doing. */
export interface ReplicaState {
  /** From 1, in the order of the setting. */
  readonly number: number;
  /** Why nobody reads from it; undefined where it is read from whenever it has what it must have. */
  readonly problem: string | undefined;
  /** Statements that it answered. */
  readonly answered: number;
  /** Statements that it did not answer, and that the primary was asked instead. */
  readonly failed: number;
}
