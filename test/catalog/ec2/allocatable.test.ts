import { expect, test } from "vitest";
import {
  allocatable,
  kubeReservedMilliCpus,
  maxPods,
  podAddresses,
} from "../../../catalog/ec2/allocatable.ts";
import { gpuDaemons, nodeDaemons } from "../../../catalog/ec2/daemons.ts";
import { instanceType, instanceTypes } from "../../../catalog/ec2/instances.ts";

test("kubelet keeps 60 + 10 + 5 + 5 milli-CPUs of four, and 2.5 of each further one", () => {
  expect([1, 2, 3, 4, 8, 192].map(kubeReservedMilliCpus)).toEqual([60, 70, 75, 80, 90, 550]);
});

test("g6.xlarge has 4 x 14 + 2 = 58 addresses for pods, p5.48xlarge 2 x 49 + 2 = 100", () => {
  expect(podAddresses(instanceType("g6.xlarge"))).toBe(58);
  expect(podAddresses(instanceType("p5.48xlarge"))).toBe(100);
});

test("EKS lets a node take 110 pods below 30 vCPUs and 250 from there, whatever has addresses", () => {
  expect(podAddresses(instanceType("g5.4xlarge"))).toBe(8 * 29 + 2);
  expect(maxPods(instanceType("g5.4xlarge"))).toBe(110);
  expect(podAddresses(instanceType("g6.48xlarge"))).toBe(15 * 49 + 2);
  expect(maxPods(instanceType("g6.48xlarge"))).toBe(250);
});

test("m7i.large leaves 2000 - 70 - 280 milli-CPUs, 8192 - 615 - 574 - 100 - 350 MiB and 29 - 7 pods", () => {
  expect(allocatable(instanceType("m7i.large"))).toEqual({
    milliCpus: 2000 - 70 - 280,
    memoryMiB: 8192 - 615 - (255 + 11 * 29) - 100 - 350,
    pods: 29 - 7,
  });
});

test("a Graviton keeps 64 MiB more before the hypervisor's share", () => {
  expect(allocatable(instanceType("m7g.large")).memoryMiB).toBe(
    8128 - Math.ceil(8128 * 0.075) - (255 + 11 * 29) - 100 - 350,
  );
});

test("a node with GPUs carries three DaemonSets for them beside the seven of every node", () => {
  const [plain, gpu] = [allocatable(instanceType("m6i.xlarge")), allocatable(instanceType("g6.xlarge"))];
  expect(plain.milliCpus - gpu.milliCpus).toBe(50 + 50 + 100);
  expect(maxPods(instanceType("g6.xlarge")) - gpu.pods).toBe(10);
});

test("every daemon requests something, and says where the figure is from", () => {
  const daemons = [...nodeDaemons, ...gpuDaemons];
  expect(new Set(daemons.map(({ name }) => name)).size).toBe(daemons.length);
  expect(daemons.filter(({ milliCpus, memoryMiB }) => milliCpus + memoryMiB === 0)).toEqual([]);
  expect(daemons.filter(({ source }) => source.length < 20)).toEqual([]);
});

test("every instance type leaves something, and never more than it has", () => {
  for (const type of instanceTypes) {
    const left = allocatable(type);
    expect([type.name, left.milliCpus > 0, left.memoryMiB > 0, left.pods > 0]).toEqual([
      type.name,
      true,
      true,
      true,
    ]);
    expect(left.milliCpus).toBeLessThan(type.vcpus * 1000);
    expect(left.memoryMiB).toBeLessThan(type.memoryMiB * 0.925);
  }
});
