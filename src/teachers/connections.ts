import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { UserError } from "../records/index.js";

type Undici = typeof import("undici");

/** One socket to the server, opened when it is needed and again when it was lost; one request at a time. */
export interface Connection {
  /** Whether the socket has already carried a request: only then may the server have closed it unseen. */
  isReused(): boolean;
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /**
   * Whether all that was written has left this process, so that nothing reads its memory any more. Never known behind a SOCKS
   * proxy, whose sockets undici opens by itself: memory is then the garbage collector's.
   */
  isFlushed(): boolean;
  /** A response came to its end on this socket. */
  served(): void;
  /** Gives the connection back. Once. */
  release(): void;
}

export interface Connections {
  /** Hands over a connection, at once or when one is free, first come first served; calls `refuse` where all were closed. */
  take(use: (connection: Connection) => void, refuse: () => void): void;
  /** `http://host:port`, for each request to name. */
  readonly origin: string;
  readonly proxied: boolean;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** `http://host:port`. */
  readonly origin: string;
  /** Most sockets at once. */
  readonly max: number;
  readonly connectMs: number;
  /** Where proxy variables are read; `process.env` but in tests. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** vLLM closes an idle socket after 5 s without saying so; ours are gone before that. */
const KEEP_ALIVE_MS = 3_500;
/** Node's own 250 ms for one address of several is too short for a far server. */
const ADDRESS_ATTEMPT_MS = 1_000;

interface LineState {
  served: boolean;
  socket: Socket | null;
}

interface Line extends LineState {
  readonly dispatcher: Dispatcher;
}

/**
 * Opens a set of connections to one server. Idle ones are taken newest first, so that the rest close by themselves.
 * They are undici clients of one socket each rather than its pool, because only so it is known whether a request went
 * out on a used socket, and that its repetition will not meet another stale one.
 */
export function openConnections(options: ConnectionOptions): Connections {
  const proxied = usesProxy(options);
  const idle: Line[] = [];
  const waiting = new Set<{ use: (connection: Connection) => void; refuse: () => void }>();
  const open = new Set<Line>();
  let openLine: (() => Line) | null = null;
  let closed = false;
  // Loading undici takes 60 ms, which a program that only prints its help should not pay.
  const loaded = import("undici").then((undici) => {
    openLine = lineOpener(undici, options, proxied);
    handOut();
  });

  function handOut(): void {
    while (waiting.size > 0) {
      const line = idle.pop() ?? (open.size < options.max ? openLine?.() : undefined);
      if (line === undefined) return;
      open.add(line);
      const [next] = waiting;
      if (next === undefined) return;
      waiting.delete(next);
      next.use(connectionOn(line));
    }
  }

  function connectionOn(line: Line): Connection {
    let released = false;
    return {
      isReused: () => line.served,
      isFlushed: () => line.socket !== null && line.socket.writableLength === 0,
      dispatch: (request, handler) => {
        line.dispatcher.dispatch(request, handler);
      },
      served() {
        line.served = true;
      },
      release() {
        if (released) return;
        released = true;
        idle.push(line);
        handOut();
      },
    };
  }

  return {
    origin: options.origin,
    proxied,
    take(use, refuse) {
      if (closed) {
        refuse();
        return;
      }
      waiting.add({ use, refuse });
      handOut();
    },
    async close() {
      closed = true;
      for (const { refuse } of waiting) refuse();
      waiting.clear();
      await loaded;
      await Promise.all([...open].map(({ dispatcher }) => dispatcher.destroy()));
    },
  };
}

function lineOpener(undici: Undici, options: ConnectionOptions, proxied: boolean): () => Line {
  const toServer = {
    timeout: options.connectMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
  };
  const connector = undici.buildConnector(toServer);

  /** `connect` is undici's own where a proxy stands between. */
  function openClient(origin: string | URL, line: LineState, connect = connector): Dispatcher {
    const client = new undici.Client(origin, {
      connect: (target, done) =>
        connect(target, (...result) => {
          // Left out, whatever the types say, where there is none.
          line.socket = result[1] ?? null;
          done(...result);
        }),
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // Ours hold instead: undici's defaults end a slow reply after 300 s.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    client.on("connect", () => {
      line.served = false;
    });
    return client;
  }

  return () => {
    const state: LineState = { served: false, socket: null };
    const dispatcher = proxied
      ? new undici.EnvHttpProxyAgent({
          ...proxyVariables(options.env),
          // Plain HTTP goes through a proxy as curl sends it; many allow tunnels to port 443 only.
          proxyTunnel: false,
          proxyTls: toServer,
          requestTls: toServer,
          factory: (origin, { connect }: { connect?: typeof connector }) => openClient(origin, state, connect),
        })
      : openClient(options.origin, state);
    return Object.assign(state, { dispatcher });
  };
}

function usesProxy({ origin, env }: ConnectionOptions): boolean {
  const { protocol, hostname } = new URL(origin);
  // A server on this machine is never behind a proxy, as in Go's net/http.
  if (/^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return false;
  const { httpProxy, httpsProxy } = proxyVariables(env);
  const proxy = protocol === "https:" ? httpsProxy || httpProxy : httpProxy;
  if (proxy === "") return false;
  if (URL.canParse(proxy) && /^(https?|socks5?):$/.test(new URL(proxy).protocol)) return true;
  // The value itself may hold a password.
  throw new UserError("HTTP_PROXY or HTTPS_PROXY is set to something that is not a URL; write it as http://host:port");
}

/** Small letters first, as curl does. */
function proxyVariables(env: ConnectionOptions["env"]) {
  return {
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? "",
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? "",
    noProxy: env.no_proxy ?? env.NO_PROXY ?? "",
  };
}
