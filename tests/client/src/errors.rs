//! `errors refused=ADDRESS reset=ADDRESS silent=ADDRESS truncated=ADDRESS ca=FILE`: what fails fails with the kind of error
//! that std has for it.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use switchboard_client::{Connector, Error, ErrorCode, Failure, Tls, TlsFailure};

fn to(address: SocketAddr) -> Connector {
    Connector::new(address.ip().to_string(), address.port())
}

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    refused(arguments).await?;
    reset(arguments).await?;
    silent(arguments).await?;
    truncated(arguments).await?;
    arguments_of_ours().await
}

async fn refused(arguments: &Arguments) -> Outcome {
    let address: SocketAddr = arguments.required("refused")?;
    let error = to(address).connect().await.err().ok_or("it connected")?;
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    println!("{error}");
    println!("{error:#}");
    // The lookup, and the attempt.
    assert_eq!(error.timeline().len(), 2);
    let error = io::Error::from(error);
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let ours = Error::of(&error).ok_or("not ours")?;
    let Failure::Os(failure) = ours.failure() else {
        return Err(format!("{ours:?}").into());
    };
    assert!(matches!(failure.code, ErrorCode::ConnectionRefused));
    assert!(failure.message.starts_with("[Errno 111] "), "{failure}");

    let error = to(address)
        .all_errors()
        .connect()
        .await
        .err()
        .ok_or("it connected")?;
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    // Each with what the system said.
    let Failure::All(them) = error.failure() else {
        return Err(format!("{error:?}").into());
    };
    assert_eq!(them.len(), 1);
    assert!(
        them.iter()
            .all(|it| it.to_string().starts_with("[Errno 111] "))
    );
    Ok(())
}

async fn reset(arguments: &Arguments) -> Outcome {
    let mut connection = to(arguments.required("reset")?).connect().await?;
    let mut all = Vec::new();
    let read = connection.read_to_end(&mut all).await;
    assert_eq!(
        read.map_err(|it| it.kind()),
        Err(ErrorKind::ConnectionReset)
    );
    assert_eq!(all.len(), 100_000);
    let again = connection.read(&mut [0]).await;
    assert_eq!(
        again.map_err(|it| it.kind()),
        Err(ErrorKind::ConnectionReset)
    );
    Ok(())
}

/// A peer that takes nothing.
async fn silent(arguments: &Arguments) -> Outcome {
    let address = arguments.required("silent")?;
    let limit = Duration::from_millis(100);
    let mut connection = to(address).shutdown_timeout(limit).connect().await?;
    let piece = vec![1; 1 << 20];
    let written = futures_lite::future::or(
        async { connection.write_all(&piece.repeat(64)).await.map(|()| true) },
        async {
            sleep(Duration::from_millis(300)).await;
            Ok(false)
        },
    );
    assert!(!written.await?, "all was taken");
    assert!(poll_once(connection.flush()).await.is_none());
    let closed = promptly(connection.close()).await?;
    let error = closed.err().ok_or("it closed")?;
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    Ok(())
}

async fn truncated(arguments: &Arguments) -> Outcome {
    let tls = arguments.tls()?.ok_or("no ca=")?;
    let mut connection = to(arguments.required("truncated")?)
        .tls(tls)
        .connect()
        .await?;
    let mut all = Vec::new();
    let error = connection
        .read_to_end(&mut all)
        .await
        .err()
        .ok_or("it ended")?;
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let ours = Error::of(&error).ok_or("not ours")?;
    assert!(matches!(
        ours.failure(),
        Failure::Tls(TlsFailure::Truncated)
    ));
    assert_eq!(all.len(), 100_000);

    let untrusted = to(arguments.required("truncated")?)
        .tls(Tls::new().server_name("localhost"))
        .connect()
        .await;
    let error = untrusted.err().ok_or("it connected")?;
    assert!(matches!(
        error.failure(),
        Failure::Tls(TlsFailure::Certificate(_))
    ));
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    println!("{error}");
    Ok(())
}

async fn arguments_of_ours() -> Outcome {
    let error = Connector::new("localhost", "no such service")
        .connect()
        .await;
    let error = error.err().ok_or("it connected")?;
    assert!(matches!(error.failure(), Failure::Lookup(_)), "{error:?}");
    println!("{error}");
    let refused = Connector::new("127.0.0.1", 1).refuse_networks(["private"]);
    let error = refused.connect().await.err().ok_or("it connected")?;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let nonsense = Connector::new("127.0.0.1", 1).refuse_networks(["nonsense"]);
    let error = nonsense.connect().await.err().ok_or("it connected")?;
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}
