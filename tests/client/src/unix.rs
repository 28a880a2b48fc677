//! `unix path=PATH|unix-name=NAME [ca=FILE]`: a line there and back at a Unix socket, and what is known of the connection;
//! `unix-datagrams echo=PATH own=PATH`: datagrams there and back;
//! `unix-errors missing=PATH silent=PATH [without=yes]`: what is told of those that fail.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::promptly;
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use std::time::Duration;
use switchboard_client::{Address, Failure, Unix, UnixAddress, UnixDatagram};

pub(crate) fn connector(arguments: &Arguments) -> Outcome<Unix> {
    let address = match arguments.get("unix-name") {
        Some(name) => UnixAddress::abstract_name(name),
        None => arguments.required::<String>("path")?.into(),
    };
    let unix = Unix::new(address).timeout(Duration::from_secs(10));
    Ok(match arguments.tls()? {
        Some(tls) => unix.tls("localhost", tls),
        None => unix,
    })
}

pub(crate) async fn streams(arguments: &Arguments) -> Outcome {
    let mut connection = connector(arguments)?.connect().await?;
    let peer = connection.peer_addr().ok_or("it has no peer")?;
    let Address::Unix(own) = connection.local_addr().ok_or("it is nowhere")? else {
        return Err("not at a Unix socket".into());
    };
    println!("from nowhere: {}, to {peer}", own.is_unnamed());
    println!("{:?} {:?}", peer.port(), peer.ip());
    let credentials = connection.peer_credentials();
    println!("{:?}", credentials.map(|it| (it.pid, it.uid, it.gid)));
    println!("{:?}", connection.tls().map(|it| it.version));
    connection.write_all(b"hello\n").await?;
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    print!("{line}");
    AsyncWriteExt::close(&mut connection).await?;
    assert_eq!(connection.read(&mut [0; 8]).await?, 0);
    connection.close().await?;
    Ok(())
}

pub(crate) async fn datagrams(arguments: &Arguments) -> Outcome {
    let echo: String = arguments.required("echo")?;
    let own: String = arguments.required("own")?;
    let endpoint = UnixDatagram::to(echo.as_str())
        .from(own.as_str())
        .open()
        .await?;
    println!("{:?} {:?}", endpoint.local_addr(), endpoint.peer_addr());
    for round in 0..100u32 {
        endpoint.send(&round.to_be_bytes()).await?;
        let (data, from) = promptly(endpoint.recv_from()).await??;
        assert_eq!(data, round.to_be_bytes());
        assert_eq!(from, Address::from(UnixAddress::from(echo.as_str())));
    }
    endpoint.close().await;

    let endpoint = UnixDatagram::at(own.as_str()).open().await?;
    let to = UnixAddress::from(echo.as_str());
    endpoint.send_to(b"hello", to).await?;
    let (data, from) = promptly(endpoint.recv_from()).await??;
    println!("{} from {from}", String::from_utf8_lossy(&data));
    endpoint.abort();

    // Nobody can answer, and nobody is there.
    let endpoint = UnixDatagram::anonymous().open().await?;
    let nobody = UnixAddress::from(format!("{own}.nobody"));
    endpoint.send_to(b"hello", nobody).await?;
    println!("{:?}", promptly(endpoint.next()).await?);
    Ok(())
}

pub(crate) async fn errors(arguments: &Arguments) -> Outcome {
    let missing: String = arguments.required("missing")?;
    let error = Unix::new(missing).connect().await.err();
    let error = error.ok_or("it connected")?;
    println!("{:?} {error}", error.kind());
    if arguments.get("without").is_some() {
        let error = UnixDatagram::at("/nowhere").open().await.err();
        let error = error.ok_or("it was bound")?;
        println!("{:?} {error}", error.kind());
        return Ok(());
    }
    let silent: String = arguments.required("silent")?;
    let tls = arguments.tls()?.ok_or("no ca=")?;
    let unix = Unix::new(silent.as_str()).tls("localhost", tls);
    let error = unix.timeout(Duration::from_millis(100)).connect().await;
    let error = error.err().ok_or("it connected")?;
    println!("{:?} {:?}", error.kind(), error.failure());
    assert!(matches!(error.failure(), Failure::TimedOut(_)));
    Ok(())
}
