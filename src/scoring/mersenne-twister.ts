const SIZE = 624;
const SHIFT = 397;

/** numpy's legacy generator after `numpy.random.seed(seed)`: MT19937 with Knuth's initialiser. `seed` is 0 to 2³² − 1. */
export interface MersenneTwister {
  readonly state: Uint32Array;
  position: number;
}

export function createMersenneTwister(seed: number): MersenneTwister {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let at = 1; at < SIZE; at++) {
    const before = state[at - 1] as number;
    state[at] = Math.imul(1812433253, before ^ (before >>> 30)) + at;
  }
  return { state, position: SIZE };
}

/** The next 32 bits, as an unsigned number. */
export function nextUint32(twister: MersenneTwister): number {
  if (twister.position === SIZE) twist(twister);
  return temper(twister.state[twister.position++] as number);
}

function temper(word: number): number {
  let bits = word ^ (word >>> 11);
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  return (bits ^ (bits >>> 18)) >>> 0;
}

function twist(twister: MersenneTwister): void {
  const { state } = twister;
  for (let at = 0; at < SIZE - SHIFT; at++) mix(state, at, at + 1, at + SHIFT);
  for (let at = SIZE - SHIFT; at < SIZE - 1; at++) mix(state, at, at + 1, at + SHIFT - SIZE);
  mix(state, SIZE - 1, 0, SHIFT - 1);
  twister.position = 0;
}

function mix(state: Uint32Array, at: number, next: number, far: number): void {
  const joined = ((state[at] as number) & 0x80000000) | ((state[next] as number) & 0x7fffffff);
  state[at] = (state[far] as number) ^ (joined >>> 1) ^ (-(joined & 1) & 0x9908b0df);
}

/**
 * Fills the first `size` of `out` as `numpy.random.choice(numpy.arange(count), size)`: 32 bits under the smallest mask that
 * covers `count − 1`, drawn again where too large. One choice alone draws nothing.
 */
export function drawPlaces(twister: MersenneTwister, count: number, out: Int32Array, size: number): void {
  const last = count - 1;
  if (last === 0) {
    out.fill(0);
    return;
  }
  const mask = 0xffffffff >>> Math.clz32(last);
  const { state } = twister;
  for (let filled = 0; filled < size; ) {
    if (twister.position === SIZE) twist(twister);
    let { position } = twister;
    while (position < SIZE && filled < size) {
      const place = temper(state[position++] as number) & mask;
      out[filled] = place;
      // What is too large is written over by the next; a branch that half of the draws take would cost more than a draw.
      filled += 1 + ((last - place) >> 31);
    }
    twister.position = position;
  }
}
