"""The peer of the AWS benches: a plain loop that reads one by one, as a script of a few lines would."""

import sys

import boto3


def ecs():
    client = boto3.client("ecs")
    services = task_definitions = 0
    for page in client.get_paginator("list_clusters").paginate():
        for cluster in page["clusterArns"]:
            client.describe_clusters(clusters=[cluster], include=["TAGS", "SETTINGS"])
            for names in client.get_paginator("list_services").paginate(cluster=cluster):
                for name in names["serviceArns"]:
                    found = client.describe_services(cluster=cluster, services=[name], include=["TAGS"])
                    used = found["services"][0]["taskDefinition"]
                    client.describe_task_definition(taskDefinition=used, include=["TAGS"])
                    services += 1
                    task_definitions += 1
    print(f"{services} services, {task_definitions} task definitions")


def secrets():
    client = boto3.client("secretsmanager")
    secrets = values = 0
    for page in client.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            if not secret["Name"].startswith("safe-"):
                continue
            client.describe_secret(SecretId=secret["ARN"])
            client.get_secret_value(SecretId=secret["ARN"])
            secrets += 1
            values += 1
    print(f"{secrets} secrets, {values} values")


{"ecs": ecs, "secrets": secrets}[sys.argv[1]]()
