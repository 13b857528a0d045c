import {
  EXPORT_PARTS,
  type Exporter,
  type ExportParts,
  type ModelSpec,
  suggestName,
  THINKING_FORMS,
  type ThinkingForm,
  UsageError,
} from "../records/index.js";

/** The flags that shape an export, as they were typed. */
export interface ExportFlags {
  /** Null is every teacher, in recipe order. */
  readonly teachers: readonly string[] | null;
  /** `both`, `thinking` or `answer`. */
  readonly parts: string;
  /** `tags` or `field`; null is the format's own way. */
  readonly thinking: string | null;
  /** Images; null is all that can go out. */
  readonly subset: number | null;
  /** `include` lets images marked for review out. */
  readonly people: string | null;
}

/** What the flags ask of the texts. Throws a `UsageError` where the format has no way to do it. */
export function readShape(
  exporter: Exporter,
  options: ExportFlags,
): { readonly parts: ExportParts; readonly thinking: ThinkingForm | null } {
  if (options.people !== null && options.people !== "include") {
    throw new UsageError(`--people ${options.people}: the only choice is include`);
  }
  const parts = EXPORT_PARTS.find((known) => known === options.parts);
  if (parts === undefined) {
    throw new UsageError(`--parts ${JSON.stringify(options.parts)}${suggestName(options.parts, EXPORT_PARTS)}`);
  }
  if (options.subset !== null && !(Number.isSafeInteger(options.subset) && options.subset > 0)) {
    throw new UsageError("--subset must be a whole number from 1");
  }
  if (options.thinking === null) return { parts, thinking: null };
  const thinking = THINKING_FORMS.find((known) => known === options.thinking);
  if (thinking === undefined) {
    throw new UsageError(
      `--thinking ${JSON.stringify(options.thinking)}${suggestName(options.thinking, THINKING_FORMS)}`,
    );
  }
  if (!exporter.thinkingForms.includes(thinking)) {
    throw new UsageError(
      `--thinking field: readers of ${exporter.format} drop such a field without a word; leave it out, and the thinking goes out between tags`,
    );
  }
  if (thinking === "field" && parts === "thinking" && exporter.composes({ ...BARE, parts, thinking })) {
    throw new UsageError("--thinking field needs an answer beside it; leave out --parts thinking or --thinking field");
  }
  return { parts, thinking };
}

const BARE = { teachers: [], withPixels: false, splits: [] };

/** The teachers that are named, in the order they are named; all where none is. Throws a `UsageError`. */
export function chooseTeachers(models: readonly ModelSpec[], names: readonly string[] | null): readonly ModelSpec[] {
  const teachers = models.filter((model) => model.role === "teacher");
  if (names === null) return teachers;
  if (names.length === 0) throw new UsageError("--teachers names nobody; leave it out for all");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--teachers names ${twice} twice`);
  return names.map((name) => {
    const teacher = teachers.find((known) => known.name === name);
    if (teacher === undefined) {
      throw new UsageError(
        `--teachers: the run has no teacher "${name}"${suggestName(
          name,
          teachers.map((known) => known.name),
        )}`,
      );
    }
    return teacher;
  });
}
