//! `servers CERTIFICATE KEY`: over TLS, hyper as a server of HTTP/1.1 and HTTP/2 by ALPN, and tungstenite as an echo of
//! WebSocket; the latter without TLS too. Says where they listen, `NAME ADDRESS` a line, and serves until its standard input ends.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run())
}

async fn run() -> Result<()> {
    let [_, certificate, key]: [String; 3] = std::env::args()
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| anyhow::anyhow!("servers CERTIFICATE KEY"))?;
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));

    let acceptor = tls.clone();
    serve("http", move |stream| http(acceptor.clone(), stream)).await?;
    serve("websocket", websocket).await?;
    serve("websockets", move |stream| {
        let tls = tls.clone();
        async move { websocket(tls.accept(stream).await?).await }
    })
    .await?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Accepts at a free port of loopback, and says where.
async fn serve<F: Future<Output = Result<()>> + 'static>(
    name: &'static str,
    each: impl Fn(TcpStream) -> F + 'static,
) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{name} {}", listener.local_addr()?);
    let local = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let served = each(stream);
            tokio::task::spawn_local(async move {
                if let Err(error) = served.await {
                    eprintln!("{name}: {error:#}");
                }
            });
        }
    };
    tokio::task::spawn_local(local);
    Ok(())
}

async fn http(tls: TlsAcceptor, stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let stream = tls.accept(stream).await?;
    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let io = TokioIo::new(stream);
    match h2 {
        true => hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, service_fn(answer))
            .await
            .context("HTTP/2"),
        false => hyper::server::conn::http1::Builder::new()
            .serve_connection(io, service_fn(answer))
            .await
            .context("HTTP/1.1"),
    }
}

/// `/echo` gives back what it is sent, as it comes; everything else is a greeting.
async fn answer(
    request: Request<Incoming>,
) -> Result<Response<Either<Incoming, Full<Bytes>>>, Infallible> {
    Ok(Response::new(match request.uri().path() {
        "/echo" => Either::Left(request.into_body()),
        path => Either::Right(Full::new(Bytes::from(format!("you asked for {path}")))),
    }))
}

async fn websocket(stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
