import type { AblationArm, Factor } from "../../export/index.js";
import type { ExportParts } from "../../records/index.js";
import type { TrainingOrder } from "./pictures.js";

/** Pairs below which an arm says nothing and is not written. */
export const MIN_PAIRS = 100;
/** Shares of the training pictures in hundredths; all of them are the base arm. */
const SIZES = [1, 4, 16, 64];

/** An arm before it is written: what it holds, and how it differs from the base arm. */
export interface PlannedArm extends Pick<AblationArm, "name" | "differs" | "parts" | "pairing" | "share"> {
  readonly factors: readonly Factor[];
  /** Numbers of its teachers, in the order of the ablation's. */
  readonly teachers: readonly number[];
  readonly images: number;
  readonly pairs: number;
  readonly emptyClasses: number;
  /** Whether a teacher's pair of a picture is in it. */
  has(place: number, teacher: number): boolean;
}

/**
 * The arms: one that all others differ from in a single factor, and those others. Where two factors ask for the same
 * arm (all teachers, all pictures, both parts) it is planned once and belongs to both.
 */
export function planArms(order: TrainingOrder, teachers: readonly string[]): readonly PlannedArm[] {
  const all = [...teachers.keys()];
  const arm = (name: string, factors: readonly Factor[], differs: string, change: Partial<Shape>): PlannedArm => {
    const shape: Shape = { parts: "both", teachers: all, pairing: "all", share: 1, ...change };
    return { name, factors, differs, ...shape, ...contentsOf(shape, order) };
  };
  const several = teachers.length > 1;
  const base = several ? `all pictures, each with a pair of ${listed(teachers)}` : "all pictures";
  const arms = [
    arm("base", several ? ["parts", "teachers", "size"] : ["parts", "size"], `thinking and answer, ${base}`, {}),
    arm("parts-thinking", ["parts"], "thinking only", { parts: "thinking" }),
    arm("parts-answer", ["parts"], "answer only", { parts: "answer" }),
  ];
  if (several) {
    for (const [number, name] of teachers.entries()) {
      arms.push(arm(`teacher-${name}`, ["teachers"], `${name} only`, { teachers: [number] }));
    }
    const turns = `one pair a picture, ${listed(teachers)} taking turns: as many examples as one teacher has`;
    arms.push(arm("teachers-in-turn", ["teachers"], turns, { pairing: "in-turn" }));
  }
  for (const size of SIZES) {
    arms.push(
      arm(`size-${String(size).padStart(2, "0")}`, ["size"], `${size} % of the pictures`, { share: size / 100 }),
    );
  }
  return arms;
}

interface Shape {
  readonly parts: ExportParts;
  readonly teachers: readonly number[];
  readonly pairing: AblationArm["pairing"];
  readonly share: number;
}

function contentsOf({ teachers, pairing, share }: Shape, order: TrainingOrder) {
  const images = Math.round(share * order.length);
  const isIn = (place: number) => {
    const rank = order.rankOf(place);
    return rank !== null && rank < images;
  };
  return {
    images,
    pairs: images * (pairing === "in-turn" ? 1 : teachers.length),
    emptyClasses: order.emptyClasses(images),
    has: (place: number, teacher: number) =>
      isIn(place) && teachers.includes(teacher) && (pairing === "all" || order.turnOf(place) === teacher),
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
