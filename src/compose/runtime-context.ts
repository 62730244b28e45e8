/** What comes from the process itself: neither configuration nor an adapter. */
export interface RuntimeContext {
  readonly env: NodeJS.ProcessEnv;
  /** The command line in words, shown to processes that wait for the lock. */
  readonly command: string;
  /** Takes warnings for the operator. */
  readonly complain: (sentence: string) => void;
}

export interface DaemonContext extends RuntimeContext {
  readonly version: string;
  /** Of praas.conf; there need not be one. */
  readonly configPath: string;
  /** Of this node. */
  readonly hostName: string;
  /** Takes each log line as text. */
  readonly say: (line: string) => void;
}
