/** Halvings of the interval in which the best weight lies. */
const precision = 14;

/**
 * Weights of resources by which to bound what a node carries: the value of a pod by its share of a full node, where the
 * share is a mix of two resources. Of all such mixes this is the one that bounds a full node lowest. The bound of a mix is
 * quasi-convex in the weight, so golden-section search finds the best (Kiefer, Proceedings of the AMS 4(3), 1953).
 *
 * @param items those that count, as indexes into the others
 * @param takes by item and resource
 * @param values by item
 * @param room by resource, none of it 0
 */
export function bestMix(
  items: Int32Array,
  takes: Float64Array,
  values: Float64Array,
  room: Float64Array,
): Float64Array {
  const width = room.length;
  const valued = items.filter((item) => (values[item] ?? 0) > 0);
  // What a dollar's worth of each item takes of the room, by resource and item.
  const shares = Array.from(room, (amount, at) =>
    Float64Array.from(valued, (item) => (takes[item * width + at] ?? 0) / amount / (values[item] ?? 1)),
  );
  let best = { worth: Number.POSITIVE_INFINITY, first: 0, second: 0, weight: 1 };
  const worthOf = (first: number, second: number, weight: number): number => {
    const [one, other] = [shares[first] ?? new Float64Array(), shares[second] ?? new Float64Array()];
    let least = Number.POSITIVE_INFINITY;
    for (let item = 0; item < one.length; item++) {
      least = Math.min(least, weight * (one[item] ?? 0) + (1 - weight) * (other[item] ?? 0));
    }
    if (1 / least < best.worth) best = { worth: 1 / least, first, second, weight };
    return 1 / least;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  for (const first of shares.keys()) {
    worthOf(first, first, 1);
    for (let second = first + 1; second < shares.length; second++) {
      let [low, high] = [0, 1];
      let [left, right] = [1 - golden, golden];
      let [atLeft, atRight] = [worthOf(first, second, left), worthOf(first, second, right)];
      for (let step = 0; step < precision; step++) {
        if (atLeft <= atRight) {
          [high, right, atRight] = [right, left, atLeft];
          left = high - golden * (high - low);
          atLeft = worthOf(first, second, left);
        } else {
          [low, left, atLeft] = [left, right, atRight];
          right = low + golden * (high - low);
          atRight = worthOf(first, second, right);
        }
      }
    }
  }
  const weights = new Float64Array(width);
  const { first, second, weight } = best;
  weights[first] = weight / (room[first] ?? 1);
  if (second !== first) weights[second] = (1 - weight) / (room[second] ?? 1);
  return weights;
}
