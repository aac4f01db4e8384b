"""moto's S3 with a user, a role and a bucket, that checks every signature and every policy.

Started with moto on its path; prints what clients need as one line of JSON and runs until it is killed.
"""

import json
import sys
import threading

from boto3.session import Session
from moto import settings
from moto.server import ThreadedMotoServer

BUCKET, REGION = sys.argv[1:]
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def main() -> None:
    """Starts it, fills it, and from then on lets nobody in without a signature."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = Session("setup", "setup", region_name=REGION)
    iam = session.client("iam", endpoint_url=url)
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="s3", PolicyDocument=json.dumps(RIGHTS))
    reader = iam.create_access_key(UserName="reader")["AccessKey"]
    iam.create_user(UserName="stranger")
    stranger = iam.create_access_key(UserName="stranger")["AccessKey"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
    role = iam.create_role(RoleName="models", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName="models", PolicyName="s3", PolicyDocument=json.dumps(RIGHTS))
    sts = session.client("sts", endpoint_url=url)
    assumed = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="pod")["Credentials"]
    s3 = session.client("s3", endpoint_url=url)
    s3.create_bucket(Bucket=BUCKET)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    keys = {
        name: {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        for name, key in (("reader", reader), ("stranger", stranger), ("role", assumed))
    }
    keys["role"]["AWS_SESSION_TOKEN"] = assumed["SessionToken"]
    sys.stdout.write(json.dumps({"url": url, "keys": keys, "roleArn": role["Arn"]}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
