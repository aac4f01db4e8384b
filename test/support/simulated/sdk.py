"""Calls of AWS with its own SDK for Python: JSON on standard input and output, a call and its answer a line.

    {"service": "ec2", "region": "us-east-1", "operation": "describe_vpcs", "parameters": {}}

The answer is `{"answer": {}}`, or `{"error": "DependencyViolation", "message": "..."}`.
"""

import functools
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


@functools.cache
def client(service: str, region: str) -> object:
    """The client of a service in a region."""
    return boto3.client(service, region_name=region, config=config)


def answered(call: dict) -> dict:
    """What AWS answers a call."""
    operation = getattr(client(call["service"], call["region"]), call["operation"])
    try:
        return {"answer": operation(**call["parameters"])}
    except ClientError as refused:
        error = refused.response["Error"]
        return {"error": error["Code"], "message": error["Message"]}


for line in sys.stdin:
    print(json.dumps(answered(json.loads(line)), default=str), flush=True)
