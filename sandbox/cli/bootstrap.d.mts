/** What is wrong with this version of Node.js, or undefined. `range` is package.json's `>=x.y.z`. */
export function nodeProblem(version: string, range: string): string | undefined;

/** The stamp of a lockfile's text: equal for equal content. */
export function stampOf(lockText: string): string;

/** Whether node_modules holds exactly what package-lock.json asks for. */
export function isInstalled(root: string): boolean;

/** Runs `npm ci` with progress. Returns an exit code; what went wrong is printed. */
export function installDependencies(root: string): Promise<number>;

/** The name of the package in a line of npm's `--loglevel=http`, when the line tells of a package's archive. */
export function downloadedPackage(line: string): string | undefined;
