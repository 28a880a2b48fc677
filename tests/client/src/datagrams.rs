//! `datagrams echo=ADDRESS dead=ADDRESS`: datagrams there and back, with a peer and without.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::promptly;
use futures_lite::future::{poll_once, yield_now, zip};
use std::cell::Cell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use switchboard_client::wit_bindgen::spawn_local;
use switchboard_client::{Address, Datagram, Endpoint, Event, Failure};

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let echo: SocketAddr = arguments.required("echo")?;
    let (host, port) = (echo.ip().to_string(), echo.port());
    let endpoint = Datagram::to(&host, port).open().await?;
    let peer = Address::from(echo);
    assert_eq!(endpoint.peer_addr(), Some(peer.clone()));
    for round in 0..100u32 {
        // A call that is given up loses nothing.
        assert!(poll_once(endpoint.recv_from()).await.is_none());
        endpoint.send(&round.to_be_bytes()).await?;
        let (data, from) = promptly(endpoint.recv_from()).await??;
        assert_eq!((data, &from), (round.to_be_bytes().to_vec(), &peer));
    }
    let endpoint = two_wait(endpoint).await?;
    let other: SocketAddr = "127.0.0.1:9".parse()?;
    let error = endpoint
        .send_to(b"", other)
        .await
        .err()
        .ok_or("it was sent")?;
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    endpoint.close().await;

    let endpoint = Datagram::at("127.0.0.1", 0).open().await?;
    endpoint.send_to(b"", echo).await?;
    assert_eq!(promptly(endpoint.recv_from()).await??, (Vec::new(), peer));
    let error = endpoint.send(b"").await.err().ok_or("it was sent")?;
    assert!(matches!(error.failure(), Failure::InvalidArgument(_)));

    let dead: SocketAddr = arguments.required("dead")?;
    let endpoint = Datagram::to(dead.ip().to_string(), dead.port())
        .open()
        .await?;
    endpoint.send(b"anybody?").await?;
    match promptly(endpoint.next()).await? {
        Event::Failed(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        other => return Err(format!("{other:?}").into()),
    }
    endpoint.abort();
    println!("all well");
    Ok(())
}

/// In two tasks: each gets one of two datagrams.
async fn two_wait(endpoint: Endpoint) -> Outcome<Endpoint> {
    let endpoint = Rc::new(endpoint);
    let received = Rc::new(Cell::new(0));
    let (theirs, told) = (endpoint.clone(), received.clone());
    spawn_local(async move {
        if theirs.recv_from().await.is_ok() {
            told.set(told.get() + 1);
        }
    });
    let sending = async {
        // Both wait by then.
        yield_now().await;
        endpoint.send(b"one").await?;
        endpoint.send(b"two").await
    };
    let (mine, sent) = promptly(zip(endpoint.recv_from(), sending)).await?;
    sent?;
    mine?;
    let both = async {
        while received.get() == 0 {
            yield_now().await;
        }
    };
    promptly(both).await?;
    // The task has let go of it, or is about to.
    while Rc::strong_count(&endpoint) > 1 {
        yield_now().await;
    }
    Rc::into_inner(endpoint).ok_or_else(|| "it is in use".into())
}
