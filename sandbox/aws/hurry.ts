import { join } from "node:path";

/**
 * Places where the Terraform provider waits for AWS between two looks at a resource: minutes at first, then seconds.
 * The simulated AWS is ready sooner, so the waits are divided by a number from the environment; time limits stay.
 */
const waits: readonly { module: "provider" | "sdk"; file: string; wait: RegExp; speed: string }[] = [
  {
    module: "provider",
    file: join("internal", "backoff", "backoff.go"),
    wait: /(return time\.After\()(d)(\))/g,
    speed: join("internal", "backoff", "speed.go"),
  },
  {
    module: "sdk",
    file: join("helper", "retry", "state.go"),
    wait: /(case <-time\.After\()(conf\.Delay|wait)(\))/g,
    speed: join("helper", "retry", "speed.go"),
  },
];

/** The file with its waits divided, or as it was where it has none. */
export function hurried(module: "provider" | "sdk", file: string, text: string): string {
  const place = waits.find((place) => place.module === module && place.file === file);
  if (place === undefined) return text;
  if (text.search(place.wait) < 0) throw new Error(`${file} no longer waits where it did`);
  return text.replace(place.wait, "$1$2 / speed$3");
}

/** The file that says what `speed` is, for the package beside it. */
export function speedFile(module: "provider" | "sdk"): { path: string; text: string } | undefined {
  const place = waits.find((place) => place.module === module);
  return place && { path: place.speed, text: speedSource(place.speed.split("/").at(-2) ?? "") };
}

const speedSource = (name: string) => `package ${name}

import (
	"os"
	"strconv"
	"time"
)

// speed is what waits are divided by: AI_PLATFORM_AWS_SPEED, or 1.
var speed = func() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("AI_PLATFORM_AWS_SPEED")); err == nil && n > 0 {
		return time.Duration(n)
	}
	return 1
}()
`;
