use std::sync::Arc;

use serde_json::json;
use suimon_model::AwsTarget;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::Options;

/// 2026-11-22T09:30:15Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_339_815)
}

fn credentials(session_token: Option<&str>) -> Credentials {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let token = session_token.map(str::to_owned);
    Credentials::new("AKIDEXAMPLE", secret, token, None, "test")
}

/// Made by botocore's `generate_presigned_url`, as `aws eks get-token` uses it, at the same time.
#[tokio::test]
async fn urls_are_those_of_the_aws_cli() {
    for (region, host, cluster, token, signature) in [
        (
            "ap-northeast-1",
            "sts.ap-northeast-1.amazonaws.com",
            "shop",
            None,
            "e34db0d5f288f3c3a762f284cb432c59d823a6bd89c3cfa6d386b7fcea1fba36",
        ),
        (
            "ap-northeast-1",
            "sts.ap-northeast-1.amazonaws.com",
            "shop_prod-1",
            Some("tok/en+1=="),
            "aff03377343cd3d6e9210f6398caa7f76f0ea536fa672b8d846c0dc91b43755c",
        ),
        (
            "us-gov-west-1",
            "sts.us-gov-west-1.amazonaws.com",
            "shop",
            None,
            "a8356bd34da9c58b6b62d2536f1606e1da0e588eb4eebe1546df8b032ab06fd6",
        ),
        (
            "cn-north-1",
            "sts.cn-north-1.amazonaws.com.cn",
            "shop",
            None,
            "1ac602abeb43193c25d3314911caee74a07935f4a2504a8783e188559718e9dd",
        ),
        (
            "us-east-1",
            "sts.us-east-1.amazonaws.com",
            "shop",
            None,
            "fb4959f969d07768d27d1a726767d899e972ffd1b8813073910e1e1f1daf6f1b",
        ),
    ] {
        let url = signed_url(region, cluster, &credentials(token), now()).await.unwrap();
        let (base, query) = url.split_once('?').unwrap();
        assert_eq!(base, format!("https://{host}/"));
        let mut params: Vec<&str> = query.split('&').collect();
        params.sort_unstable();
        let scope = format!("AKIDEXAMPLE%2F20261122%2F{region}%2Fsts%2Faws4_request");
        let mut expected = vec![
            "Action=GetCallerIdentity".to_owned(),
            "Version=2011-06-15".to_owned(),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned(),
            format!("X-Amz-Credential={scope}"),
            "X-Amz-Date=20261122T093015Z".to_owned(),
            "X-Amz-Expires=60".to_owned(),
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id".to_owned(),
            format!("X-Amz-Signature={signature}"),
        ];
        expected.extend(token.map(|_| "X-Amz-Security-Token=tok%2Fen%2B1%3D%3D".to_owned()));
        expected.sort_unstable();
        assert_eq!(params, expected, "{region} {cluster}");
    }
}

#[test]
fn an_answer_tells_where_the_cluster_is_or_why_it_is_not_there() {
    let told = |cluster: Value| match read(&cluster, "EKS cluster `shop`") {
        Ok(Told::There(at)) => {
            let authority = at.certificate_authority.map(|pem| String::from_utf8(pem).unwrap());
            format!("{}, CA {}", at.server, authority.as_deref().unwrap_or("none"))
        }
        Ok(Told::Absent(why)) => format!("absent: {why}"),
        Err(error) => format!("error: {error}"),
    };
    let pem = json!({"data": STANDARD.encode("PEM")});
    let at = "https://x.eks.amazonaws.com";
    let issues = json!({"issues": [
        {"code": "SubnetNotFound", "message": "A subnet is gone", "resourceIds": ["subnet-1", "subnet-2"]},
        {"code": "Other", "message": "and more"},
    ]});
    let lines = [
        json!({"status": "ACTIVE", "endpoint": at, "certificateAuthority": pem}),
        json!({"status": "UPDATING", "endpoint": at}),
        json!({"status": "ACTIVE", "endpoint": "http://127.0.0.1:1", "certificateAuthority": pem}),
        json!({"status": "ACTIVE", "endpoint": at, "certificateAuthority": {"data": "%"}}),
        json!({"status": "CREATING"}),
        json!({"status": "PENDING"}),
        json!({"status": "DELETING", "endpoint": at}),
        json!({"status": "ACTIVE"}),
        json!({"status": "FAILED", "health": issues}),
        json!({"status": "FAILED"}),
    ];
    insta::assert_snapshot!(lines.map(told).join("\n"), @"
    https://x.eks.amazonaws.com, CA PEM
    https://x.eks.amazonaws.com, CA none
    http://127.0.0.1:1, CA none
    error: unusable answer: the certificate authority of the EKS cluster `shop` is not base64
    absent: the EKS cluster `shop` is still being created (CREATING)
    absent: the EKS cluster `shop` is still being created (PENDING)
    absent: the EKS cluster `shop` is being deleted
    absent: the EKS cluster `shop` has no endpoint (ACTIVE)
    error: the EKS cluster `shop` has failed: SubnetNotFound: A subnet is gone (subnet-1, subnet-2); Other: and more
    error: the EKS cluster `shop` has failed
    ");
}

/// A server for `sts` and `eks`; every cluster but `shop` gives the answer of its name.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap();
            let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                <Arn>arn:aws:iam::111111111111:user/ci</Arn><Account>111111111111</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
            let there = json!({"cluster": {"status": "ACTIVE", "endpoint": "https://k"}});
            let (status, kind, body) = match path.rsplit('/').next().unwrap() {
                "shop" => (200, "", there.to_string()),
                "forbidden" => (403, "AccessDeniedException", r#"{"message": "no"}"#.to_owned()),
                "expired" => (403, "ExpiredTokenException", r#"{"message": "late"}"#.to_owned()),
                "" => (200, "", identity.to_owned()),
                _ => (404, "ResourceNotFoundException", r#"{"message": "none"}"#.to_owned()),
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\nx-amzn-errortype: {kind}\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

async fn access(url: &str, cluster: &str, account: Option<&str>) -> EksAccess {
    let target = AwsTarget {
        region: Some("ap-northeast-1".to_owned()),
        account_id: account.map(str::to_owned),
        ..AwsTarget::default()
    };
    let mut options = Options::new(target, "shop", "prod");
    options.endpoint_url = Some(url.to_owned());
    let secret = Arc::new(Sensitive::new("secret".to_owned()));
    options.static_credentials = Some(("AKIDEXAMPLE".to_owned(), secret));
    EksAccess { now, ..EksAccess::new(&Aws::new(options).await.unwrap(), cluster) }
}

#[tokio::test]
async fn a_cluster_is_looked_up_in_the_account_that_is_pinned() {
    let url = server().await;
    let found = access(&url, "shop", Some("111111111111")).await.endpoint().await.unwrap();
    assert_eq!(found.unwrap().server, "https://k");
    let gone = access(&url, "gone", None).await;
    assert_eq!(gone.endpoint().await.unwrap(), None);
    insta::assert_snapshot!(gone.absence(), @"there is no EKS cluster `gone` in account 111111111111, region ap-northeast-1");
    let fails =
        async |cluster, account| access(&url, cluster, account).await.endpoint().await.unwrap_err();
    let forbidden = fails("forbidden", None).await;
    assert!(matches!(forbidden, Error::Forbidden(_)), "{forbidden:?}");
    let expired = fails("expired", None).await;
    assert!(matches!(expired, Error::Unauthenticated { .. }), "{expired:?}");
    let wrong = fails("shop", Some("222222222222")).await;
    assert!(matches!(wrong, Error::WrongTarget(_)), "{wrong:?}");
}

#[tokio::test]
async fn a_token_is_the_signed_url_and_is_renewed_after_ten_minutes() {
    let access = access("http://127.0.0.1:1", "shop", None).await;
    let token = access.token().await.unwrap();
    assert_eq!(token.refresh_after, now() + Duration::from_secs(600));
    for (credentials_last, refreshed) in [(None, 600), (Some(3_600), 600), (Some(120), 120)] {
        let end = credentials_last.map(|seconds| now() + Duration::from_secs(seconds));
        assert_eq!(refresh_after(now(), end), now() + Duration::from_secs(refreshed));
    }
    let encoded = token.token.expose().strip_prefix("k8s-aws-v1.").unwrap();
    let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    assert!(url.starts_with("https://sts.ap-northeast-1.amazonaws.com/?Action="), "{url}");
}
