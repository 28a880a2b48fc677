//! `http server=ADDRESS ca=FILE alpn=PROTOCOLS`: hyper as a client: a page, an upload that comes back, and many at a time where
//! HTTP/2 was agreed on.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::future::try_zip;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use switchboard_client::hyper::{Io, Spawn};
use switchboard_client::wit_bindgen::spawn_local;

type Body = Full<Bytes>;

const UPLOAD: usize = 3_000_000;

enum Sender {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Sender {
    /// Of HTTP/1.1 the target is the path alone (RFC 9112, section 3.2.1).
    async fn send(&mut self, mut request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match self {
            Sender::One(sender) => {
                if let Ok(path) = request.uri().path().parse() {
                    *request.uri_mut() = path;
                }
                sender.send_request(request).await
            }
            Sender::Two(sender) => sender.send_request(request).await,
        }
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let connection = arguments.connector()?.connect().await?;
    let alpn = connection.tls().and_then(|it| it.alpn);
    let io = Io(connection);
    let mut sender = match alpn.as_deref() {
        Some(b"h2") => {
            let (sender, driven) = http2::handshake(Spawn, io).await?;
            spawn_local(async { driven.await.unwrap_or_else(|it| eprintln!("{it}")) });
            Sender::Two(sender)
        }
        _ => {
            let (sender, driven) = http1::handshake(io).await?;
            spawn_local(async { driven.await.unwrap_or_else(|it| eprintln!("{it}")) });
            Sender::One(sender)
        }
    };
    let page = sender.send(request("/hello", Bytes::new())?).await?;
    println!("{:?} {}", page.version(), page.status());
    let page = page.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&page));

    let upload = Bytes::from((0..UPLOAD).map(|at| at as u8).collect::<Vec<_>>());
    let back = sender.send(request("/echo", upload.clone())?).await?;
    let back = back.into_body().collect().await?.to_bytes();
    assert!(back == upload, "the echo is another");

    if let Sender::Two(sender) = &mut sender {
        let mut other = sender.clone();
        let (first, second) = try_zip(
            sender.send_request(request("/echo", upload.clone())?),
            other.send_request(request("/echo", upload.clone())?),
        )
        .await?;
        let (first, second) =
            try_zip(first.into_body().collect(), second.into_body().collect()).await?;
        let same = first.to_bytes() == upload && second.to_bytes() == upload;
        assert!(same, "an echo is another");
    }
    println!("all well");
    Ok(())
}

fn request(path: &str, body: Bytes) -> Outcome<Request<Body>> {
    let request = Request::post(format!("https://localhost{path}")).header("host", "localhost");
    Ok(request.body(Full::new(body))?)
}
