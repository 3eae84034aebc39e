import { parentPort, workerData } from 'node:worker_threads';
import {
  startDrainHere,
  type DrainSettings,
  type MessageFromDrain,
  type MessageToDrain,
} from './running-drain.sink.js';

/** What `startDrainThread` starts. */
const reportMs = 250;

const send = (message: MessageFromDrain): void => parentPort?.postMessage(message);
const drain = startDrainHere(workerData as DrainSettings, (sentence) => send({ kind: 'problem', sentence }));
const reports = setInterval(() => send({ kind: 'state', state: drain.state }), reportMs);

parentPort?.on('message', (message: MessageToDrain) => {
  if (message.kind === 'rate') drain.setClickRate(message.clicksPerSecond);
  else if (message.kind === 'writers') drain.setLivingWriters(message.writers);
  else void stop(message.maxMs);
});

async function stop(maxMs: number): Promise<void> {
  await drain.stop(maxMs);
  clearInterval(reports);
  send({ kind: 'state', state: drain.state });
  send({ kind: 'stopped' });
}
