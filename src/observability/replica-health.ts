import cluster from 'node:cluster';
import type { ReplicaState } from '../database/replica-state.js';
import type { Metric } from './metric.js';

/** One sentence for each that is left out: the primary answers, so that it is no reason to send readers elsewhere. */
export function replicasLeftOut(replicas: readonly ReplicaState[]): string[] {
  return replicas.flatMap(({ number, problem }) =>
    problem === undefined ? [] : `Read replica ${number} is left out: ${problem}`,
  );
}

/** By their number: an address stands in no label. Each worker has connections of its own. */
export function replicaMetrics(replicas: readonly ReplicaState[]): Metric[] {
  const samples = (valueOf: (replica: ReplicaState) => number): Metric['samples'] =>
    replicas.map((one) => [`replica="${one.number}",worker="${cluster.worker?.id ?? 0}"`, valueOf(one)] as const);
  return [
    {
      name: 'waypost_replica_up',
      help: 'Whether a read replica may be read from while it has what it must have.',
      type: 'gauge',
      samples: samples(({ problem }) => (problem === undefined ? 1 : 0)),
    },
    {
      name: 'waypost_replica_statements_total',
      help: 'Statements that a read replica answered.',
      type: 'counter',
      samples: samples(({ answered }) => answered),
    },
    {
      name: 'waypost_replica_failures_total',
      help: 'Statements that a read replica did not answer, and that the primary was asked instead.',
      type: 'counter',
      samples: samples(({ failed }) => failed),
    },
  ];
}
