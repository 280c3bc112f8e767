import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { stageConsumers, type DeadLetter } from '@ubt/service-kit';

/** A look into the broker from the side, and a hand to disturb it. Every call dials anew. */
export interface BrokerAdmin {
  /** How many events the stream holds, by subject. */
  count(runId: string): Promise<Readonly<Record<string, number>>>;
  /** Content of the latest event of a subject; undefined when there is none. */
  latest(subject: string): Promise<string | undefined>;
  /** Stores an event as if it were new, whatever its content. */
  publish(subject: string, payload: string): Promise<void>;
  /** Events that a stage's consumer has not been given, or not answered yet. */
  unanswered(): Promise<number>;
  /** Dead letters whose subject names the run. */
  deadLetters(runId: string): Promise<readonly DeadLetter[]>;
}

const STREAM = 'UBT';
const DEAD_LETTERS = 'UBT_DLQ';

/** An admin of the broker at a URL. */
export function createBrokerAdmin(url: string): BrokerAdmin {
  const withBroker = async <T>(
    use: (nats: Awaited<ReturnType<typeof connect>>, manager: Manager) => Promise<T>,
  ) => {
    const nats = await connect({ servers: url, maxReconnectAttempts: 20, timeout: 10_000 });
    try {
      return await use(nats, await jetstreamManager(nats));
    } finally {
      await nats.close();
    }
  };
  return {
    count: (runId) =>
      withBroker(async (_, manager) => {
        const { state } = await manager.streams.info(STREAM, { subjects_filter: `ubt.v1.${runId}.>` });
        return state.subjects ?? {};
      }),
    latest: (subject) =>
      withBroker(async (_, manager) => {
        const message = await manager.streams.getMessage(STREAM, { last_by_subj: subject }).catch(() => null);
        return message?.string();
      }),
    publish: (subject, payload) =>
      withBroker(async (nats) => {
        const given = headers();
        given.set('Ubt-Soak', 'injected');
        await jetstream(nats).publish(subject, payload, { headers: given });
      }),
    unanswered: () =>
      withBroker(async (_, manager) => {
        let waiting = 0;
        for (const { durable } of stageConsumers()) {
          const info = await manager.consumers.info(STREAM, durable).catch(() => undefined);
          waiting += info === undefined ? 0 : info.num_pending + info.num_ack_pending;
        }
        return waiting;
      }),
    deadLetters: (runId) => withBroker((_, manager) => lettersOf(manager, runId)),
  };
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

async function lettersOf(manager: Manager, runId: string): Promise<DeadLetter[]> {
  const { state } = await manager.streams.info(DEAD_LETTERS);
  const letters: DeadLetter[] = [];
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(DEAD_LETTERS, { seq });
    const letter = message?.json<DeadLetter>();
    if (letter?.subject.startsWith(`ubt.v1.${runId}.`) === true) letters.push(letter);
  }
  return letters;
}
