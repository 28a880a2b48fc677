//! `upgrade server=ADDRESS ca=FILE [peek=yes] [streams=yes]`: STARTTLS with the test's server; with `peek`, after what it says was left
//! unread; with `streams`, nothing is started, but the streams are asked for.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use std::net::SocketAddr;
use switchboard_client::{Connector, Failure, TlsFailure};

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let server: SocketAddr = arguments.required("server")?;
    let connector = Connector::new(server.ip().to_string(), server.port());
    let mut plain = connector.connect_upgradable().await?;
    plain.write_all(b"STARTTLS\n").await?;
    if arguments.get("streams").is_some() {
        let streams = plain.into_connection().into_streams().await;
        println!("{}", streams.err().ok_or("it has streams")?);
        return Ok(());
    }
    let tls = arguments.tls()?.ok_or("no ca=")?;
    if arguments.get("peek").is_some() {
        assert_eq!(plain.fill_buf().await?, b"GO\n");
        let error = plain.start_tls(tls).await.err().ok_or("it went on")?;
        assert!(matches!(
            error.failure(),
            Failure::Tls(TlsFailure::Protocol(_))
        ));
        println!("{error}");
        return Ok(());
    }
    let mut line = String::new();
    plain.read_line(&mut line).await?;
    assert_eq!(line, "GO\n");
    let mut secure = plain.start_tls(tls).await?;
    println!("{:?}", secure.tls().ok_or("no TLS")?.version);
    secure.write_all(b"hello").await?;
    let mut answer = [0; 5];
    secure.read_exact(&mut answer).await?;
    println!("{}", String::from_utf8_lossy(&answer));
    secure.close().await?;
    Ok(())
}
