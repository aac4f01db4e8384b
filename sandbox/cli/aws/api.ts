import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";

/** What AWS has, as the packages of the simulated AWS know it. */
export interface AwsApi {
  /** Services as botocore names them: `ec2`, `elbv2`, `logs`. */
  services(): Promise<string[]>;
  /** Operations of a service: `CreateNatGateway`. */
  operations(service: string): Promise<string[]>;
  /** Instance types: `g6.xlarge`. */
  instanceTypes(): Promise<string[]>;
}

const modelSchema = z.looseObject({ operations: z.record(z.string(), z.unknown()) });

/** @param packages folder of botocore and moto */
export function awsApi(packages: string): AwsApi {
  const services = join(packages, "botocore", "data");
  return {
    services: async () =>
      (await readdir(services, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    operations: async (service) => {
      const [newest] = (await readdir(join(services, service))).sort().reverse();
      const model = await readZipped(join(services, service, newest ?? "", "service-2.json.gz"));
      return Object.keys(modelSchema.parse(model).operations).sort();
    },
    instanceTypes: async () => {
      const types = await readZipped(join(packages, "moto", "ec2", "resources", "instance_types.json.gz"));
      return Object.keys(z.record(z.string(), z.unknown()).parse(types)).sort();
    },
  };
}

const unzip = promisify(gunzip);

async function readZipped(file: string): Promise<unknown> {
  return JSON.parse((await unzip(await readFile(file))).toString("utf8"));
}
