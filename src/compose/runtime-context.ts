/** What the process around gives: the only things that are neither configuration nor adapters. */
export interface RuntimeContext {
  readonly env: NodeJS.ProcessEnv;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
  /** Takes sentences that the operator should read although the work goes on. */
  readonly complain: (sentence: string) => void;
}

export interface DaemonContext extends RuntimeContext {
  readonly version: string;
  /** What this node is called. */
  readonly hostName: string;
  /** Takes every line of the log as text. */
  readonly say: (line: string) => void;
}
