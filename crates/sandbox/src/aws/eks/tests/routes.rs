//! The REST binding.

use serde_json::json;

use crate::aws::{eks::route, uri::pairs};

#[test]
fn a_request_means_an_operation() {
    for (method, path, query, wanted) in [
        ("POST", "/clusters", "", ("CreateCluster", json!({"x": 1}))),
        (
            "GET",
            "/clusters",
            "maxResults=7&nextToken=t&include=all",
            (
                "ListClusters",
                json!({"x": 1, "maxResults": 7, "nextToken": "t", "include": ["all"]}),
            ),
        ),
        ("GET", "/clusters/c", "", ("DescribeCluster", json!({"x": 1, "name": "c"}))),
        (
            "GET",
            "/clusters/c/updates/u",
            "nodegroupName=ng",
            (
                "DescribeUpdate",
                json!({"x": 1, "name": "c", "updateId": "u", "nodegroupName": "ng"}),
            ),
        ),
        (
            "POST",
            "/clusters/c/node-groups/ng/update-version",
            "",
            ("UpdateNodegroupVersion", json!({"x": 1, "clusterName": "c", "nodegroupName": "ng"})),
        ),
        (
            "DELETE",
            "/clusters/c/addons/coredns",
            "preserve=true",
            (
                "DeleteAddon",
                json!({"x": 1, "clusterName": "c", "addonName": "coredns", "preserve": true}),
            ),
        ),
        (
            "DELETE",
            "/clusters/c/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr/access-policies/arn%3Ap",
            "",
            (
                "DisassociateAccessPolicy",
                json!({"x": 1, "clusterName": "c", "principalArn": "arn:aws:iam::1:role/r", "policyArn": "arn:p"}),
            ),
        ),
        (
            "DELETE",
            "/tags/arn%3Aaws%3Aeks%3Ar%3A1%3Acluster%2Fc",
            "tagKeys=a&tagKeys=b%3Ac",
            (
                "UntagResource",
                json!({"x": 1, "resourceArn": "arn:aws:eks:r:1:cluster/c", "tagKeys": ["a", "b:c"]}),
            ),
        ),
        (
            "GET",
            "/tags/arn:aws:eks:r:1:cluster/c",
            "",
            ("ListTagsForResource", json!({"x": 1, "resourceArn": "arn:aws:eks:r:1:cluster/c"})),
        ),
    ] {
        let routed = route(method, path, &pairs(query), &json!({"x": 1}));
        assert_eq!(routed, Some((wanted.0.to_owned(), wanted.1)), "{method} {path}");
    }
    for (method, path) in [
        ("PUT", "/clusters"),
        ("GET", "/"),
        ("GET", "/clusters//updates"),
        ("GET", "/clusters/c/espresso"),
        ("POST", "/tags/"),
    ] {
        assert_eq!(route(method, path, &[], &json!({})), None, "{method} {path}");
    }
}

#[test]
fn a_path_wins_over_a_body() {
    let routed =
        route("POST", "/clusters/c/updates", &[], &json!({"name": "other", "version": "1.30"}));
    let wanted = json!({"name": "c", "version": "1.30"});
    assert_eq!(routed, Some(("UpdateClusterVersion".to_owned(), wanted)));
}
