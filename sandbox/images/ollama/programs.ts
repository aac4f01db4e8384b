import { images } from "../../../catalog/images.ts";
import type { GoProgram } from "../../toolchain/go.ts";

/**
 * Ollama of the pinned version, and what stands in for its library. Ollama asks for a C compiler: it loads GPU libraries, and
 * those of Apple's MLX, through C.
 */
export const ollamaPrograms: readonly GoProgram[] = [
  {
    name: "ollama",
    moduleDir: "sandbox/images/ollama/server",
    package: "github.com/ollama/ollama",
    ldflags: `-X github.com/ollama/ollama/version.Version=${images.ollama.version}`,
    env: { CGO_ENABLED: "1" },
  },
  { name: "ollama-library", moduleDir: "sandbox/images/ollama/library", package: "." },
];
