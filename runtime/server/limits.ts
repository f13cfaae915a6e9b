/**
 * Every bound of the server in one place. Times are milliseconds, sizes bytes.
 *
 * What Bun 1.4.5 does, measured, and what follows from it:
 * - `send` of a socket fills the kernel's buffer first (4 MB on loopback), so a client that stops reading shows up in
 *   `getBufferedAmount()` only after minutes of 1 KB ticks. Hence our own pings: they tell within seconds.
 * - Above `backpressureLimit` messages are dropped without a word (`send` returns 0); hence a bound of our own, lower.
 * - `close()` with unsent data calls back at once and keeps the socket for a grace of 4, 8 and 16 s at an `idleTimeout`
 *   of 8, 30 and 120 s; then Bun drops it hard. Within the grace, a client that reads gets its close frame.
 * - A message above `maxPayloadLength` closes the socket (1009 for the client).
 * - Sending resets the idle timer, so that never ends a client that is sent ticks.
 */
export const DEFAULT_LIMITS = {
  /** Largest JSON request body. */
  maxBodyBytes: 64 * 1024,
  /** Largest graph that is put. */
  maxGraphBytes: 1_000_000,
  /** Largest model that is uploaded, and how long that may take. One comes at a time. */
  maxModelBytes: 1024 ** 3,
  uploadDeadlineMs: 15 * 60_000,
  /** WebSockets open at once; more are refused with 503. */
  maxClients: 2000,
  /** The same with one token, so that there is room for others. */
  maxClientsPerToken: 1500,
  /** WebSockets open at once whose client has not shown its token yet; more are refused with 503. */
  maxVisitors: 200,
  /** The token must be there within this time. */
  authWithinMs: 5_000,
  /** Messages that may come while it is checked, of as many characters together as one command. */
  maxWaitingMessages: 100,
  /** Event streams open at once; more are refused with 503. */
  maxEventStreams: 500,
  /** Longest command, in characters; anything longer is answered `invalid_json` unparsed. */
  maxCommandChars: 64 * 1024,
  /** Above this a message closes the socket: Bun knows no other way. */
  maxMessageBytes: 4 * 1024 * 1024,
  /**
   * Valid commands a second, on WebSockets and by HTTP, and how many may come at once: for each token; without one, for
   * each WebSocket and for each address of another machine.
   */
  commandsPerS: 10,
  commandBurst: 20,
  /** Changes of settings, sessions and models a second, and how many may come at once: as for commands. */
  writesPerS: 1,
  writeBurst: 30,
  /** Failed log-ins of the page a second, and how many may come at once, for each address. */
  failedLoginsPerS: 0.1,
  failedLoginBurst: 10,
  /** A request body must be there within this time. */
  bodyWithinMs: 30_000,
  /** Messages of any kind a second per client, and how many may come at once. */
  messagesPerS: 200,
  messageBurst: 400,
  /** Unsent events (and at most one tick) that a client may have; more closes it. None is dropped before. */
  maxUnsentBytes: 1024 * 1024,
  /** A client with unsent data for this long without a break is closed. */
  unsentForMs: 5_000,
  /** How often a client is pinged. */
  pingEveryMs: 2_000,
  /** A ping unanswered for this long: the client is sent no more ticks until it answers. */
  lateAfterMs: 2_000,
  /** A ping unanswered for this long by a client that has answered before: it is closed. */
  unansweredForMs: 8_000,
  /** The same for one that never answered any: hand-made clients often don't, though they read. */
  neverAnsweredForMs: 15_000,
  /** How often clients are looked at. */
  sweepEveryMs: 250,
};

export type ServerLimits = Readonly<typeof DEFAULT_LIMITS>;
