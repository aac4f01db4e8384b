"""moto's S3 with a bucket that keeps versions, and a role with the rights that the platform gives a job.

Prints what clients need as one line of JSON and runs until it is killed.
"""

import json
import sys
import threading

from boto3.session import Session
from moto import settings
from moto.server import ThreadedMotoServer

BUCKET, PREFIX = sys.argv[1:]
ARN = f"arn:aws:s3:::{BUCKET}"
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:ListBucketVersions"], "Resource": ARN},
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:GetObject",
                "s3:PutObject",
            ],
            "Resource": f"{ARN}/{PREFIX}/*",
        },
    ],
}


def main() -> None:
    """Start it, fill it, and from then on let nobody in without a signature."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = Session("setup", "setup", region_name="us-east-1")
    iam = session.client("iam", endpoint_url=url)
    iam.create_user(UserName="job")
    iam.put_user_policy(UserName="job", PolicyName="checkpoints", PolicyDocument=json.dumps(RIGHTS))
    iam.create_user(UserName="owner")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="owner", PolicyName="all", PolicyDocument=json.dumps(everything))
    keys = {name: iam.create_access_key(UserName=name)["AccessKey"] for name in ("job", "owner")}
    s3 = session.client("s3", endpoint_url=url)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    shown = {
        name: {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        for name, key in keys.items()
    }
    sys.stdout.write(json.dumps({"url": url, "keys": shown}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
