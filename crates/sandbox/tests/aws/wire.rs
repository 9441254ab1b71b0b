//! A client that signs in form only, over plain connections.

use serde_json::Value;
use suimon_sandbox::{Aws, Clock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A clock that stands still at the time of the tests.
pub(crate) fn clock() -> Clock {
    Clock::manual("2026-01-02T03:04:05Z".parse().unwrap())
}

#[derive(Clone)]
pub(crate) struct Client {
    address: String,
    clock: Clock,
    key: String,
    region: String,
    pub(crate) token: Option<String>,
}

impl Client {
    /// With plain credentials, for `us-east-1`.
    pub(crate) fn of(aws: &Aws, clock: &Clock) -> Self {
        Self {
            address: aws.url().strip_prefix("http://").unwrap().to_owned(),
            clock: clock.clone(),
            key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            region: "us-east-1".to_owned(),
            token: None,
        }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// With the credentials that assuming the role gives.
    pub(crate) async fn assume(&self, role: &str, session: &str) -> Self {
        let form = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName={session}"
        );
        let answer = self.sts(&form).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let token = Some(between(&answer.text, "SessionToken").to_owned());
        Self { token, ..self.with_key(between(&answer.text, "AccessKeyId")) }
    }

    pub(crate) async fn identity(&self) -> Answer {
        self.sts("Action=GetCallerIdentity&Version=2011-06-15").await
    }

    pub(crate) async fn sts(&self, form: &str) -> Answer {
        let mut headers = self.signature("sts");
        headers
            .push(("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()));
        self.send("POST", "/", &headers, form).await.unwrap()
    }

    pub(crate) async fn ecs(&self, operation: &str, body: &Value) -> Answer {
        self.try_ecs(operation, body).await.unwrap()
    }

    /// Nothing when the connection breaks.
    pub(crate) async fn try_ecs(&self, operation: &str, body: &Value) -> Option<Answer> {
        self.try_json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), body).await
    }

    pub(crate) async fn json(&self, service: &str, target: &str, body: &Value) -> Answer {
        self.try_json(service, target, body).await.unwrap()
    }

    async fn try_json(&self, service: &str, target: &str, body: &Value) -> Option<Answer> {
        let mut headers = self.signature(service);
        headers.push(("x-amz-target", target.to_owned()));
        headers.push(("content-type", "application/x-amz-json-1.1".to_owned()));
        self.send("POST", "/", &headers, &body.to_string()).await
    }

    /// `ListClusters` with these headers.
    pub(crate) async fn signed(&self, authorization: Option<&str>, date: &str) -> Answer {
        let target = "AmazonEC2ContainerServiceV20141113.ListClusters";
        let mut headers =
            vec![("x-amz-target", target.to_owned()), ("x-amz-date", date.to_owned())];
        headers.extend(authorization.map(|line| ("authorization", line.to_owned())));
        self.send("POST", "/", &headers, "{}").await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await.unwrap()
    }

    fn signature(&self, service: &str) -> Vec<(&'static str, String)> {
        let now = self.clock.now();
        let day = now.strftime("%Y%m%d");
        let scope = format!("{}/{day}/{}/{service}/aws4_request", self.key, self.region);
        let line = format!(
            "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=ab"
        );
        let mut headers = vec![
            ("authorization", line),
            ("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        ];
        headers.extend(self.token.clone().map(|token| ("x-amz-security-token", token)));
        headers
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Option<Answer> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, text) = answer.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(key, value)| (key.to_lowercase(), value.to_owned())).collect();
        Some(Answer { status, headers, text: text.to_owned() })
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// The text of an XML element.
pub(crate) fn between<'a>(xml: &'a str, element: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{element}>")).unwrap_or_else(|| panic!("{xml}"));
    rest.split_once(&format!("</{element}>")).unwrap().0
}
