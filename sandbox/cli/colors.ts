import pc from "picocolors";

/** Colors on a terminal only: a log of continuous integration is plain text. */
export default pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);
