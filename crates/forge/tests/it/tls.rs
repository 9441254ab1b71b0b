//! Certificates are verified, always.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use suimon_forge::http::{Client, Settings};

use crate::server::{self, Reply};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// A server whose certificate is for `localhost`, by the authority in `ca.pem`.
fn start() -> u16 {
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust this says nothing.
            if server::read(&mut stream).is_some() {
                let body = b"fine".to_vec();
                server::write(&mut stream, &Reply { body, ..Reply::empty(200) });
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

async fn ask(host: &str, ca_file: Option<PathBuf>) -> Result<u16, String> {
    let client = Client::new(Settings { ca_file, ..Settings::default() }).unwrap();
    let url = format!("https://{host}:{}/", start());
    let answer = client.probe(&url, Duration::from_secs(30)).await;
    answer.map(|answer| answer.status()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_for_the_names_that_it_signed() {
    assert_eq!(ask("localhost", Some(fixture("ca.pem"))).await, Ok(200));
    let other_name = ask("127.0.0.1", Some(fixture("ca.pem"))).await.unwrap_err();
    assert!(other_name.contains("not valid for name"), "{other_name}");
}

/// A proxy that connects to whatever it is told, and what it was told.
fn relay() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = told.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut near = stream.unwrap();
            let call = server::read(&near).unwrap();
            kept.lock().unwrap().push(call.line());
            let mut far = TcpStream::connect(&call.target).unwrap();
            near.write_all(b"HTTP/1.1 200 go on\r\n\r\n").unwrap();
            let (mut back, mut forth) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            std::thread::spawn(move || io::copy(&mut forth, &mut far));
            std::thread::spawn(move || {
                let _ = io::copy(&mut back, &mut near);
                let _ = near.shutdown(Shutdown::Both);
            });
        }
    });
    (address, told)
}

#[tokio::test]
async fn a_tunnel_leads_to_the_host_that_is_verified() {
    let (proxy, told) = relay();
    let settings = || Settings {
        https_proxy: Some(format!("http://{proxy}")),
        ca_file: Some(fixture("ca.pem")),
        ..Settings::default()
    };
    let port = start();
    let ask = async |host: &str| {
        let client = Client::new(settings()).unwrap();
        let answer =
            client.probe(&format!("https://{host}:{port}/"), Duration::from_secs(30)).await;
        answer.map(|answer| answer.body().to_vec()).map_err(|error| error.to_string())
    };
    assert_eq!(ask("localhost").await, Ok(b"fine".to_vec()));
    assert!(ask("127.0.0.1").await.unwrap_err().contains("not valid for name"));
    let told = told.lock().unwrap().clone();
    let expected = ["localhost", "127.0.0.1"].map(|host| format!("CONNECT {host}:{port}"));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let unknown = ask("localhost", None).await.unwrap_err();
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    // A server's own certificate is no authority.
    let own = ask("localhost", Some(fixture("server.pem"))).await;
    assert!(own.is_err(), "{own:?}");
}

#[test]
fn a_file_without_certificates_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let made = |file: &Path| {
        let settings = Settings { ca_file: Some(file.to_owned()), ..Settings::default() };
        Client::new(settings).map(drop).map_err(|error| error.to_string())
    };
    let prefix = format!("certificates in {}: ", file.display());
    assert!(made(&file).unwrap_err().starts_with(&prefix));
    std::fs::write(&file, "nothing\n").unwrap();
    assert_eq!(made(&file).unwrap_err(), format!("{prefix}there is none in it"));
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    assert!(made(&file).is_err());
}
