package bridge

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

type properties = map[string]*tfbridge.SchemaInfo

// fields are the properties that @pulumi/aws calls or shapes otherwise than the bridge's rules say, by Terraform type.
// A test compares all names with the SDK's typings. The lengths of automatic names are what AWS accepts.
var fields = map[string]properties{
	"aws_cloudwatch_log_resource_policy":     {"policy_document": document()},
	"aws_cloudwatch_log_subscription_filter": {"log_group_name": {Name: "logGroup"}},
	"aws_cloudwatch_metric_alarm":            {"alarm_name": tfbridge.AutoName("name", maxName, "-")},
	"aws_db_instance":                        {"identifier": lower("identifier", 63)},
	"aws_db_parameter_group":                 {"name": lower("name", maxName)},
	"aws_db_subnet_group":                    {"name": lower("name", maxName)},
	"aws_default_network_acl":                {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_default_security_group":             {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_ecr_lifecycle_policy":               {"policy": document()},
	"aws_ecr_registry_policy":                {"policy": document()},
	"aws_ecr_repository":                     {"name": lower("name", maxName)},
	"aws_ecr_repository_policy":              {"policy": document()},
	"aws_eks_cluster":                        {"name": named(100), "certificate_authority": {Name: "certificateAuthority", MaxItemsOne: tfbridge.True()}},
	"aws_eks_node_group":                     {"node_group_name": tfbridge.AutoName("nodeGroupName", maxName, "-")},
	"aws_iam_group":                          {"name": named(128)},
	"aws_iam_instance_profile":               {"name": named(128)},
	"aws_iam_policy":                         {"name": named(128), "policy": document()},
	"aws_iam_role":                           {"name": named(64), "assume_role_policy": document()},
	"aws_iam_role_policy":                    {"name": named(128), "policy": document()},
	"aws_iam_user":                           {"name": named(64)},
	"aws_key_pair":                           {"key_name": tfbridge.AutoName("keyName", maxName, "-")},
	"aws_kms_alias":                          {"name": alias()},
	"aws_lb":                                 {"name": named(32)},
	"aws_lb_target_group":                    {"name": named(32)},
	"aws_network_acl":                        {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_rds_cluster":                        {"cluster_identifier": lower("clusterIdentifier", 63)},
	"aws_rds_cluster_instance":               {"identifier": lower("identifier", 63)},
	"aws_rds_cluster_parameter_group":        {"name": lower("name", maxName)},
	"aws_route53_record": {
		"alias":                      {Name: "aliases", MaxItemsOne: tfbridge.False()},
		"failover_routing_policy":    {Name: "failoverRoutingPolicies", MaxItemsOne: tfbridge.False()},
		"geolocation_routing_policy": {Name: "geolocationRoutingPolicies", MaxItemsOne: tfbridge.False()},
		"latency_routing_policy":     {Name: "latencyRoutingPolicies", MaxItemsOne: tfbridge.False()},
		"weighted_routing_policy":    {Name: "weightedRoutingPolicies", MaxItemsOne: tfbridge.False()},
	},
	"aws_s3_bucket":        {"bucket": lower("bucket", 63), "policy": document()},
	"aws_s3_bucket_object": {"source": file()},
	"aws_s3_bucket_policy": {"policy": document()},
	"aws_s3_bucket_website_configuration": {
		"routing_rule":  {Name: "routingRules"},
		"routing_rules": {Name: "routingRuleDetails"},
	},
	"aws_s3_object":              {"source": file()},
	"aws_security_group":         {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_sns_topic_policy":       {"policy": document()},
	"aws_sns_topic_subscription": {"topic_arn": {Name: "topic"}},
}

// functionFields are the same for data sources.
var functionFields = map[string]properties{
	"aws_eks_cluster":     {"vpc_config": {Name: "vpcConfig", MaxItemsOne: tfbridge.True()}},
	"aws_lb":              {"access_logs": {Name: "accessLogs", MaxItemsOne: tfbridge.True()}},
	"aws_lb_target_group": {"health_check": {Name: "healthCheck", MaxItemsOne: tfbridge.True()}, "stickiness": {Name: "stickiness", MaxItemsOne: tfbridge.True()}},
}

// named is an automatic name of at most this length.
func named(length int) *tfbridge.SchemaInfo { return tfbridge.AutoName("name", length, "-") }

// lower is an automatic name in lower case, for services that accept no other.
func lower(property string, length int) *tfbridge.SchemaInfo {
	return tfbridge.AutoNameTransform(property, length, strings.ToLower)
}

// alias is an automatic name of a KMS key: the service wants them under a prefix.
func alias() *tfbridge.SchemaInfo {
	return tfbridge.AutoNameTransform("name", maxName, func(name string) string { return "alias/" + name })
}

// document is a property that takes a policy as text or as an object.
func document() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Type: "string", Transform: tfbridge.TransformJSONDocument}
}

// file is a property that takes a file's content.
func file() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Asset: &tfbridge.AssetTranslation{Kind: tfbridge.FileAsset}}
}
