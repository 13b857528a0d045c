import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../records/index.js";

export interface BatchFile {
  readonly file: string;
  readonly model: string;
  readonly lines: number;
  readonly bytes: number;
}

export interface BatchCutter {
  /** Makes room for a line of so many bytes and gives its file's name. Throws a `UserError` where no file can hold it. */
  room(model: string, bytes: number, image: string): Promise<string>;
  /** Adds a line to the file that `room` named. */
  add(line: Buffer): Promise<void>;
  /** Puts what was added on disk. */
  endFile(): Promise<void>;
  /** Gives every file its name. */
  publish(): Promise<readonly BatchFile[]>;
  discard(): Promise<void>;
}

interface OpenFile {
  readonly model: string;
  readonly name: string;
  readonly handle: FileHandle;
  readonly waiting: Buffer[];
  waitingBytes: number;
  lines: number;
  bytes: number;
}

/** Lines with addresses instead of pictures are short; they go out many at a time. */
const WRITE_BYTES = 1024 * 1024;

/**
 * Cuts lines into files `<model>-<writer>-0001.jsonl` of at most `maxLines` and `maxBytes`, one model a file. Until
 * `publish` they have hidden names, and what an earlier cutting of this run left under such names is removed.
 */
export async function openBatchCutter(options: {
  readonly to: string;
  readonly run8: string;
  readonly writer: string;
  readonly maxLines: number;
  readonly maxBytes: number;
}): Promise<BatchCutter> {
  const { to, run8, writer, maxLines, maxBytes } = options;
  const finished: (BatchFile & { readonly name: string })[] = [];
  const numbers = new Map<string, number>();
  let current: OpenFile | null = null;

  const partOf = (name: string) => join(to, `.${run8}-${name}.part`);

  async function onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      throw new UserError(`${to} cannot be written (${error.code}); make room or choose another --to, and start again`);
    }
  }

  async function openNext(model: string): Promise<OpenFile> {
    const number = (numbers.get(model) ?? 0) + 1;
    numbers.set(model, number);
    const name = `${model}-${writer}-${String(number).padStart(4, "0")}.jsonl`;
    const handle = await onDisk(() => open(partOf(name), "wx"));
    return { model, name, handle, waiting: [], waitingBytes: 0, lines: 0, bytes: 0 };
  }

  async function flush(file: OpenFile): Promise<void> {
    const bytes = Buffer.concat(file.waiting.splice(0));
    file.waitingBytes = 0;
    if (bytes.length > 0) await onDisk(() => file.handle.appendFile(bytes));
  }

  async function endFile(): Promise<void> {
    if (current === null) return;
    const file = current;
    await flush(file);
    await onDisk(() => file.handle.sync());
    await file.handle.close();
    current = null;
    const { name, model, lines, bytes } = file;
    finished.push({ file: join(to, name), name, model, lines, bytes });
  }

  await onDisk(() => mkdir(to, { recursive: true }));
  for (const name of await onDisk(() => readdir(to))) {
    if (name.startsWith(`.${run8}-`) && name.endsWith(".part")) await onDisk(() => unlink(join(to, name)));
  }

  return {
    endFile,
    async room(model, bytes, image) {
      if (bytes > maxBytes) {
        throw new UserError(
          `the request about ${image} is ${bytes} bytes, more than a file may have (--max-bytes ${maxBytes}); allow more, or send addresses with --file-urls`,
        );
      }
      const isFull = current !== null && (current.lines >= maxLines || current.bytes + bytes > maxBytes);
      if (isFull || current?.model !== model) await endFile();
      current ??= await openNext(model);
      return current.name;
    },
    async add(line) {
      if (current === null) throw new Error("no file is open for a batch line");
      current.waiting.push(line);
      current.waitingBytes += line.length;
      current.lines += 1;
      current.bytes += line.length;
      if (current.waitingBytes >= WRITE_BYTES) await flush(current);
    },
    async publish() {
      for (const { name, file } of finished) await onDisk(() => rename(partOf(name), file));
      return finished.map(({ name: _, ...file }) => file);
    },
    async discard() {
      await current?.handle.close().catch(() => undefined);
      const names = [...finished, ...(current === null ? [] : [current])].map(({ name }) => name);
      for (const name of names) await unlink(partOf(name)).catch(() => undefined);
    },
  };
}
