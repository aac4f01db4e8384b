import { expect, test } from "vitest";
import { AptMeter } from "../../sandbox/images/apt-meter.ts";

test("apt's output tells how far it is", () => {
  const meter = new AptMeter();
  const said = [
    "Get:4 http://mirror/debian bookworm/main amd64 Packages [8790 kB]",
    "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
    "Need to get 1,500 kB of archives.",
    "Get:1 http://mirror/debian bookworm/main amd64 gcc-12-base amd64 12.2.0-14+deb12u1 [500 kB]",
    "Get:2 http://mirror/debian bookworm/main amd64 libc6 amd64 2.36-9 [1000 kB]",
    "Unpacking libc6",
    "Setting up gcc-12-base:amd64 (12.2.0-14+deb12u1) ...",
    "Need to get 500 kB/2,000 kB of archives.",
    "Get:1 http://mirror/debian bookworm/main amd64 python3 amd64 3.11 [500 kB]",
  ].map((line) => meter.read(line));
  expect(said).toEqual([
    "package lists",
    undefined,
    undefined,
    "downloading, 0.5 of 1.5 MB (gcc-12-base)",
    "downloading, 1.5 of 1.5 MB (libc6)",
    undefined,
    "setting up package 1 of 2 (gcc-12-base:amd64)",
    undefined,
    "downloading, 2.0 of 2.0 MB (python3)",
  ]);
});
