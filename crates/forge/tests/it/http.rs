//! The client alone: deadlines, bounds, redirects, proxies.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use suimon_forge::Error;
use suimon_forge::http::{Client, Method, Request, Settings};

use crate::server::{self, End, Reply, Server, client, with};

fn page(text: &str) -> Reply {
    Reply { body: text.as_bytes().to_vec(), ..Reply::empty(200) }
}

fn get(url: &str) -> Request {
    Request::new(Method::Get, url)
}

#[tokio::test]
async fn a_page_is_read_as_it_is() {
    let server = Server::start(|_| Reply { status: 418, ..page("fine\n") }.header("x-a", "b"));
    let answer = client().0.probe(&server.url(), Duration::from_secs(30)).await.unwrap();
    assert_eq!((answer.status(), answer.body(), answer.is_cut()), (418, &b"fine\n"[..], false));
    assert_eq!(answer.header("X-A"), Some("b"));
    let calls = server.calls();
    let agent = concat!("suimon/", env!("CARGO_PKG_VERSION"));
    assert_eq!((calls.len(), calls[0].header("user-agent")), (1, Some(agent)));
}

#[tokio::test]
async fn a_long_body_is_bounded() {
    let server = Server::start(|_| page(&"x".repeat(5000)));
    let (client, _) = with(Settings { max_body: 100, ..Settings::default() });
    let probed = client.probe(&server.url(), Duration::from_secs(30)).await.unwrap();
    assert_eq!((probed.body().len(), probed.is_cut()), (100, true));
    let sent = client.send(&get(&server.url())).await.unwrap_err();
    assert!(matches!(&sent, Error::Malformed { why, .. } if why == "it is longer than 100 bytes"));
}

#[tokio::test]
async fn what_does_not_end_is_given_up() {
    let server = Server::start(|_| page("half of this never comes").ending(End::Silence));
    let short = Duration::from_millis(50);
    let failed = client().0.probe(&server.url(), short).await.unwrap_err();
    let Error::Unreachable { why, .. } = failed else { panic!("{failed:?}") };
    assert_eq!(why, "nothing whole within 50ms");
    // A probe asks once.
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn reads_are_tried_again_and_writes_only_where_that_is_safe() {
    let server = Server::start(|_| page("fine"));
    let put = |method| Request::new(method, server.url()).json(&json!({"a": 1}));
    let cases = [
        (get(&server.url()), Reply::empty(503), 2),
        (get(&server.url()), Reply::empty(200).ending(End::Nothing), 2),
        (put(Method::Patch), Reply::empty(502), 2),
        (put(Method::Post), Reply::empty(503), 1),
        (put(Method::Post), Reply::empty(200).ending(End::Nothing), 1),
        (put(Method::Post).repeatable(), Reply::empty(503), 2),
        (put(Method::Post), Reply::empty(429), 2),
        (get(&server.url()), Reply::empty(404), 1),
        (get(&server.url()), Reply::empty(501), 1),
    ];
    for (request, fault, expected) in cases {
        server.lines();
        let what = format!("{fault:?}");
        server.plan("", fault);
        let (client, waits) = client();
        let _ = client.send(&request).await;
        assert_eq!(server.lines().len(), expected, "{what}");
        assert_eq!(waits.seconds().len(), expected - 1, "{what}");
    }
}

#[tokio::test]
async fn pauses_grow_with_jitter_until_the_tries_are_used_up() {
    let server = Server::start(|_| Reply::empty(500));
    let (client, waits) = client();
    assert_eq!(client.send(&get(&server.url())).await.unwrap().status(), 500);
    let pauses = waits.seconds();
    assert_eq!(pauses.len(), 4);
    for (pause, most) in pauses.iter().zip([0.5, 1.0, 2.0, 4.0]) {
        assert!((most / 2.0..=most).contains(pause), "{pauses:?}");
    }
}

#[tokio::test]
async fn limits_say_how_long_to_wait() {
    let reset = server::now().as_second() + 20;
    let limited = |status| Reply::empty(status);
    let remaining = |left: &str| {
        limited(403)
            .header("x-ratelimit-remaining", left)
            .header("x-ratelimit-reset", &reset.to_string())
    };
    let secondary =
        Reply::json(403, &json!({"message": "You have exceeded a secondary rate limit."}));
    let cases = [
        ("seconds", limited(429).header("retry-after", "7"), vec![7.0]),
        ("a limit of 403", limited(403).header("retry-after", "7"), vec![7.0]),
        ("a date", limited(429).header("retry-after", "Sun, 22 Nov 2026 12:00:30 GMT"), vec![30.0]),
        ("unavailable", limited(503).header("retry-after", "3"), vec![3.0]),
        ("the reset", remaining("0"), vec![21.0]),
        (
            "GitLab's reset",
            limited(429)
                .header("ratelimit-remaining", "0")
                .header("ratelimit-reset", &reset.to_string()),
            vec![21.0],
        ),
        (
            "the server's clock",
            remaining("0").header("date", "Sun, 22 Nov 2026 12:00:15 GMT"),
            vec![6.0],
        ),
        (
            "a reset that was",
            remaining("0").header("date", "Sun, 22 Nov 2026 13:00:00 GMT"),
            vec![1.0],
        ),
        ("words only", secondary, vec![60.0]),
        ("no words", limited(429), vec![60.0]),
        ("more than the budget", limited(429).header("retry-after", "3600"), vec![]),
        ("no limit", remaining("4999"), vec![]),
        ("nonsense", limited(429).header("retry-after", "soon"), vec![60.0]),
    ];
    for (name, reply, expected) in cases {
        let server = Server::start(|_| page("fine"));
        server.plan("", reply);
        let (client, waits) = client();
        client.send(&get(&server.url())).await.unwrap();
        assert_eq!(waits.seconds(), expected, "{name}");
    }
}

#[tokio::test]
async fn all_waiting_of_one_request_has_one_budget() {
    let server = Server::start(|_| Reply::empty(429).header("retry-after", "40"));
    let (client, waits) = client();
    assert_eq!(client.send(&get(&server.url())).await.unwrap().status(), 429);
    assert_eq!(waits.seconds(), [40.0, 40.0]);
}

#[tokio::test]
async fn redirects_stay_on_their_host() {
    let elsewhere = Server::start(|_| page("secret place"));
    let server = Server::start(|call| match call.path() {
        "/loop" => Reply::empty(302).header("location", "/loop"),
        "/old" => Reply::empty(301).header("location", "/new"),
        _ => page("fine"),
    });
    let (client, _) = client();
    let ask = |path: &str| {
        let (client, request) = (client.clone(), get(&format!("{}{path}", server.url())).follow());
        async move { client.send(&request).await }
    };
    assert_eq!(ask("/old").await.unwrap().body(), b"fine");
    let endless = ask("/loop").await.unwrap_err();
    assert!(endless.to_string().ends_with("more than 5 redirects"), "{endless}");
    let port = elsewhere.address().port();
    for location in [
        elsewhere.url(),
        format!("//127.0.0.1:{port}/x"),
        format!("http://localhost:{}/", server.address().port()),
        server.url().replace("http:", "https:"),
        "javascript:alert(1)".to_owned(),
        "new".to_owned(),
        String::new(),
    ] {
        server.plan("GET /away", Reply::empty(307).header("location", &location));
        let refused = ask("/away").await.unwrap_err();
        assert!(matches!(refused, Error::Refused { .. }), "{location}: {refused}");
    }
    assert_eq!(elsewhere.calls().len(), 0);
    // Without being told, and for anything but reading, no redirect is followed.
    let plain = client.send(&get(&format!("{}/old", server.url()))).await.unwrap();
    assert_eq!(plain.status(), 301);
    let post = Request::new(Method::Post, format!("{}/old", server.url())).follow();
    assert_eq!(client.send(&post).await.unwrap().status(), 301);
}

#[tokio::test]
async fn addresses_are_checked_and_their_secrets_are_not_shown() {
    for url in
        ["", "example.com", "ftp://example.com/", "https://", "http://[", "file:///etc/passwd"]
    {
        let failed = client().0.probe(url, Duration::from_secs(30)).await.unwrap_err();
        assert!(matches!(failed, Error::Settings { .. }), "{url}: {failed}");
    }
    let url = "https://aiko:hunter2@example.com/health?token=hunter2";
    let failed = client().0.probe(url, Duration::from_secs(30)).await.unwrap_err();
    let shown = "https://example.com/health: a name or password has no place in an address";
    assert_eq!(failed.to_string(), shown);
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{gone}/health?token=hunter2");
    let failed = client().0.probe(&url, Duration::from_secs(30)).await.unwrap_err().to_string();
    assert!(failed.starts_with(&format!("GET http://{gone}/health: no answer: ")), "{failed}");
    assert!(!failed.contains("hunter2"), "{failed}");
}

#[tokio::test]
async fn plain_requests_go_to_a_proxy_with_their_whole_address() {
    let proxy = Server::start(|_| page("from the proxy"));
    let settings = |no_proxy: Option<&str>| Settings {
        http_proxy: Some(format!("http://aiko:hunter2@{}", proxy.address())),
        no_proxy: no_proxy.map(str::to_owned),
        ..Settings::default()
    };
    let (client, _) = with(settings(None));
    let answer = client.probe("http://shop.example.com/health?a=b", Duration::from_secs(30)).await;
    assert_eq!(answer.unwrap().body(), b"from the proxy");
    let calls = proxy.calls();
    assert_eq!(calls[0].line(), "GET http://shop.example.com/health?a=b");
    // aiko:hunter2
    assert_eq!(calls[0].header("proxy-authorization"), Some("Basic YWlrbzpodW50ZXIy"));

    let server = Server::start(|_| page("straight"));
    for no_proxy in ["127.0.0.1", "example.com, 127.0.0.0/8", "*"] {
        let (client, _) = with(settings(Some(no_proxy)));
        let answer = client.probe(&server.url(), Duration::from_secs(30)).await.unwrap();
        assert_eq!(answer.body(), b"straight", "{no_proxy}");
    }
    assert_eq!(server.calls()[0].header("proxy-authorization"), None);
}

/// What a proxy heard first.
fn tunnel() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let call = server::read(&stream).unwrap();
            let auth = call.header("proxy-authorization").unwrap_or_default();
            kept.lock().unwrap().push(format!("{} {auth}", call.line()));
            stream.write_all(b"HTTP/1.1 403 no\r\n\r\n").unwrap();
            let _ = stream.read(&mut [0]);
        }
    });
    (address, heard)
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let (address, heard) = tunnel();
    let settings = Settings {
        https_proxy: Some(format!("http://aiko:hunter2@{address}")),
        ..Settings::default()
    };
    let (client, _) = with(settings);
    let refused =
        client.probe("https://api.example.com/x?token=hunter2", Duration::from_secs(30)).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.starts_with("GET https://api.example.com/x: no answer: "), "{refused}");
    assert!(!refused.contains("hunter2"), "{refused}");
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard, ["CONNECT api.example.com:443 Basic YWlrbzpodW50ZXIy"]);
}

/// A SOCKS5 proxy (RFC 1928) that answers for every host itself.
fn socks() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut hello = [0; 2];
            stream.read_exact(&mut hello).unwrap();
            stream.read_exact(&mut vec![0; hello[1].into()]).unwrap();
            stream.write_all(&[5, 0]).unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).unwrap();
            let mut name = vec![0; head[4].into()];
            stream.read_exact(&mut name).unwrap();
            stream.read_exact(&mut [0; 2]).unwrap();
            kept.lock().unwrap().push(format!("{} {}", head[3], String::from_utf8(name).unwrap()));
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            let call = server::read(&stream).unwrap();
            server::write(stream, &page(&call.line()));
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_socks_proxy_gets_the_name_and_the_server_the_path() {
    let (address, asked) = socks();
    let all_proxy = Some(format!("socks5h://{address}"));
    let (client, _) = with(Settings { all_proxy, ..Settings::default() });
    let answer = client.probe("http://shop.example.com/health", Duration::from_secs(30)).await;
    assert_eq!(answer.unwrap().body(), b"GET /health");
    // 3 is a name (RFC 1928, section 4): it is looked up by the proxy.
    assert_eq!(*asked.lock().unwrap(), ["3 shop.example.com"]);
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_and_no_way_around() {
    for address in ["https://proxy.example.com", "ftp://proxy", "socks4://proxy:1", "http://", "::"]
    {
        let settings = Settings { all_proxy: Some(address.to_owned()), ..Settings::default() };
        let failed = Client::new(settings).unwrap_err();
        let expected = "all_proxy: a proxy's address is http://host:port or socks5://host:port";
        assert_eq!(failed.to_string(), expected, "{address}");
    }
}
