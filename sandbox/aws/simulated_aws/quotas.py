"""Service Quotas with the values that are offered, where moto 5.2.5 knows VPC's defaults only.

A requested increase is granted at once, where AWS takes minutes to days and may refuse.
"""

import json
from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.responses import ServiceQuotasResponse

from simulated_aws import offers

METERED = {
    "L-1216C47A": "Standard/OnDemand",
    "L-DB2E81BA": "G/OnDemand",
    "L-417A185B": "P/OnDemand",
    "L-34B43A08": "Standard/Spot",
    "L-3819A6DF": "G/Spot",
    "L-7212CCBC": "P/Spot",
    "L-C4BD4855": "P5/Spot",
}
"""Classes under which CloudWatch counts vCPUs in use. Source: EC2 user guide, "Amazon EC2 usage metrics"."""


def extend() -> None:
    answers = {
        "list_service_quotas": list_quotas,
        "list_aws_default_service_quotas": list_quotas,
        "get_service_quota": get_quota,
        "get_aws_default_service_quota": get_quota,
        "request_service_quota_increase": request_increase,
    }
    for name, answer in answers.items():
        setattr(ServiceQuotasResponse, name, answer)


def list_quotas(self: Any) -> str:
    service = json.loads(self.body)["ServiceCode"]
    return json.dumps({"Quotas": [shown(self, each) for each in of_service(service)]})


def get_quota(self: Any) -> str:
    asked = json.loads(self.body)
    for each in of_service(asked["ServiceCode"]):
        if each["code"] == asked["QuotaCode"]:
            return json.dumps({"Quota": shown(self, each)})
    raise NoSuchResource


def request_increase(self: Any) -> str:
    asked = json.loads(self.body)
    offered = offers.read()
    for each in offered["quotas"]:
        if (each["service"], each["code"]) == (asked["ServiceCode"], asked["QuotaCode"]):
            each["value"] = asked["DesiredValue"]
            offers.write(offered)
            return json.dumps({"RequestedQuota": asked | {"Id": "simulated", "Status": "APPROVED"}})
    raise NoSuchResource


def of_service(service: str) -> list[dict[str, Any]]:
    found = [each for each in offers.read()["quotas"] if each["service"] == service]
    if not found:
        raise NoSuchResource
    return found


def shown(self: Any, quota: dict[str, Any]) -> dict[str, Any]:
    service, code = quota["service"], quota["code"]
    answer = {
        "ServiceCode": service,
        "QuotaCode": code,
        "QuotaName": quota["name"],
        "QuotaArn": f"arn:aws:servicequotas:{self.region}:{self.current_account}:{service}/{code}",
        "Value": quota["value"],
        "Adjustable": True,
        "GlobalQuota": False,
    }
    if code in METERED:
        dimensions = {"Class": METERED[code], "Resource": "vCPU", "Service": "EC2", "Type": "Resource"}
        answer["UsageMetric"] = {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": dimensions,
            "MetricStatisticRecommendation": "Maximum",
        }
    return answer
