import { pathToFileURL } from "node:url";
import type { Ask } from "../records/index.js";
import type { BodyTemplate } from "./body-template.js";
import type { BufferPool } from "./buffer-pool.js";

/** The body of one request, made when it is first sent. */
export class PictureBody {
  private bytes: Buffer | null = null;
  /** Gives its memory back to where it is from; null where that is the garbage collector's. */
  private release: (() => void) | null = null;

  constructor(
    private readonly template: BodyTemplate,
    private readonly ask: Pick<Ask, "picture" | "onPictureTaken" | "claimPicture">,
    /** Absolute path of the picture, where the server reads it itself. */
    private readonly file: string | null,
    private readonly bodies: BufferPool,
  ) {}

  /** What goes out once more, on another socket, is the same. */
  make(): Buffer {
    this.bytes ??= this.file === null ? this.makeRound() : this.refer(this.file);
    return this.bytes;
  }

  /** Nobody reads it any more. */
  free(): void {
    this.release?.();
    this.release = null;
    this.bytes = null;
  }

  /** Round the picture where it lies if it is this request's alone, else round a copy. */
  private makeRound(): Buffer {
    const { template, bodies } = this;
    const { picture, claimPicture, onPictureTaken } = this.ask;
    const giveBack = template.fitsRound(picture) ? (claimPicture?.() ?? null) : null;
    if (giveBack !== null) {
      this.release = giveBack;
      return template.fillRound(picture);
    }
    const bytes = template.fill(picture, bodies.take);
    this.release = () => bodies.give(bytes);
    onPictureTaken?.();
    return bytes;
  }

  private refer(file: string): Buffer {
    this.ask.onPictureTaken?.();
    return this.template.refer(pathToFileURL(file).href);
  }
}
