import { clickMarks, type LoggedClick } from './logged-click.js';
import type { Agent } from './user-agent.js';

/** Why a request is not counted. A reason never changes its name: it is stored, and reported. */
export type DropReason =
  | 'preview'
  | 'head'
  | 'prefetch'
  | 'unavailable'
  | 'own_address'
  | 'empty_user_agent'
  | 'missing_accept'
  | 'bot'
  | 'duplicate';

export interface ClickDraft {
  readonly click: LoggedClick;
  agent?: Agent;
}

export interface StepContext {
  readonly readAgent: (userAgent: string) => Agent;
}

/** Stops the click with a reason, or adds to its draft. */
export type ClickStep = (draft: ClickDraft, context: StepContext) => DropReason | undefined;

const dropWhenMarked =
  (mark: number, reason: DropReason): ClickStep =>
  ({ click }) =>
    (click.marks & mark) === 0 ? undefined : reason;

/**
 * Order matters: the first reason is the one that is counted. What a publisher does himself comes first, then what no reader has seen, then
 * who it was. What needs the reader's address (visitor, country) is there already: it was put before the click was logged.
 */
export const clickSteps = {
  dropPreview: dropWhenMarked(clickMarks.isPreview, 'preview'),
  dropOwnAddress: dropWhenMarked(clickMarks.isOwnAddress, 'own_address'),
  dropHead: dropWhenMarked(clickMarks.isHead, 'head'),
  dropPrefetch: dropWhenMarked(clickMarks.isPrefetch, 'prefetch'),
  dropEmptyUserAgent: ({ click }) => (click.userAgent.trim() === '' ? 'empty_user_agent' : undefined),
  putAgent: (draft, { readAgent }) => {
    draft.agent = readAgent(draft.click.userAgent);
    return undefined;
  },
  dropBot: ({ agent }) => (agent?.isBot === true ? 'bot' : undefined),
  dropMissingAccept: dropWhenMarked(clickMarks.lacksAccept, 'missing_accept'),
  dropUnavailable: dropWhenMarked(clickMarks.isGone, 'unavailable'),
} satisfies Record<string, ClickStep>;

const stepList: readonly ClickStep[] = Object.values(clickSteps);

export interface KeptClick {
  readonly click: LoggedClick;
  readonly agent: Agent;
}

export type ProcessedClick =
  { readonly dropped: DropReason } | { readonly dropped?: undefined; readonly kept: KeptClick };

/** Judges one click by everything but its neighbours: duplicates are found among those that are left. */
export function processClick(click: LoggedClick, context: StepContext): ProcessedClick {
  const draft: ClickDraft = { click };
  for (const step of stepList) {
    const dropped = step(draft, context);
    if (dropped !== undefined) return { dropped };
  }
  return { kept: draft as KeptClick };
}
