//! `receive` and `send`.

use super::expect::{equal, fine, future_invalid_state, invalid_state, that};
use super::{Misuse, Servers, Way};
use crate::bindings::switchboard::connect::streams::Connection;
use crate::ends::{Completion, Sink, Source};
use futures_lite::future::{or, zip};

pub(super) fn all(servers: &Servers, way: Way) -> Vec<Misuse<'_>> {
    vec![
        ("receive twice", Box::pin(receive_twice(servers, way))),
        ("send twice", Box::pin(send_twice(servers, way))),
        (
            "lists beside streams",
            Box::pin(lists_beside_streams(servers, way)),
        ),
        (
            "streams after lists",
            Box::pin(streams_after_lists(servers, way)),
        ),
        (
            "send after an empty write",
            Box::pin(send_after_nothing(servers, way)),
        ),
        (
            "streams after abort",
            Box::pin(streams_after_abort(servers, way)),
        ),
        (
            "futures that nobody reads",
            Box::pin(futures_unread(servers, way)),
        ),
        (
            "streams dropped half-way",
            Box::pin(dropped_half_way(servers, way)),
        ),
        (
            "a read of a stream that is dropped",
            Box::pin(read_dropped(servers, way)),
        ),
        (
            "close with streams open",
            Box::pin(close_with_streams(servers, way)),
        ),
        (
            "the connection dropped first",
            Box::pin(connection_first(servers, way)),
        ),
    ]
}

/// Both streams of a connection.
async fn open(connection: &Connection) -> (Sink, Completion, Source, Completion) {
    let (sink, outgoing) = Sink::new();
    let sent = connection.send(outgoing).await;
    let (incoming, received) = connection.receive().await;
    (sink, sent, Source::new(incoming), received)
}

/// That an echo still echoes.
async fn echoes(sink: &mut Sink, source: &mut Source) -> Result<(), String> {
    const TEXT: &[u8] = b"there and back";
    let wanted = sink.write(&mut TEXT.to_vec()).await;
    that(&wanted, wanted)?;
    let mut back = Vec::new();
    while back.len() < TEXT.len() {
        let more = source.read(&mut back).await;
        that(&back, more)?;
    }
    equal(back, TEXT.to_vec())
}

async fn receive_twice(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, _sent, mut source, _received) = open(&connection).await;
    for _ in 0..2 {
        let (again, received) = connection.receive().await;
        equal(Source::new(again).read_to_end().await, Vec::new())?;
        future_invalid_state(received.await)?;
    }
    echoes(&mut sink, &mut source).await
}

async fn send_twice(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, _sent, mut source, _received) = open(&connection).await;
    for _ in 0..2 {
        let (mut again, outgoing) = Sink::new();
        future_invalid_state(connection.send(outgoing).await.await)?;
        let wanted = again.write(&mut b"in vain".to_vec()).await;
        that(&wanted, !wanted)?;
    }
    echoes(&mut sink, &mut source).await
}

async fn lists_beside_streams(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, _sent, mut source, _received) = open(&connection).await;
    invalid_state(connection.read(1).await)?;
    invalid_state(connection.write(b"in vain".to_vec()).await)?;
    invalid_state(connection.write_eof().await)?;
    echoes(&mut sink, &mut source).await
}

async fn streams_after_lists(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    super::expect::echoes(&connection, b"by lists").await?;
    let (mut sink, sent, mut source, received) = open(&connection).await;
    equal(source.read_to_end().await, Vec::new())?;
    future_invalid_state(received.await)?;
    let wanted = sink.write(&mut b"in vain".to_vec()).await;
    that(&wanted, !wanted)?;
    future_invalid_state(sent.await)?;
    super::expect::echoes(&connection, b"by lists again").await
}

/// Even with nothing, `write` has chosen lists.
async fn send_after_nothing(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    fine(connection.write(Vec::new()).await)?;
    let (sink, outgoing) = Sink::new();
    let sent = connection.send(outgoing).await;
    drop(sink);
    future_invalid_state(sent.await)?;
    super::expect::echoes(&connection, b"by lists").await
}

async fn streams_after_abort(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    connection.abort();
    let (mut sink, sent, mut source, received) = open(&connection).await;
    equal(source.read_to_end().await, Vec::new())?;
    future_invalid_state(received.await)?;
    let wanted = sink.write(&mut b"in vain".to_vec()).await;
    that(&wanted, !wanted)?;
    future_invalid_state(sent.await)
}

async fn futures_unread(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, sent, mut source, received) = open(&connection).await;
    drop((sent, received));
    echoes(&mut sink, &mut source).await?;
    drop(sink);
    equal(source.read_to_end().await, Vec::new())?;
    fine(connection.close().await)
}

/// Whoever does not want the rest does not keep the other direction from working.
async fn dropped_half_way(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, sent, mut source, _received) = open(&connection).await;
    echoes(&mut sink, &mut source).await?;
    drop(source);
    sink.write(&mut b"not waited for".to_vec()).await;
    drop(sink);
    let _ = sent.await;
    drop(connection);

    let connection = servers.connect(way).await?;
    let (mut sink, sent, mut source, received) = open(&connection).await;
    echoes(&mut sink, &mut source).await?;
    drop(sink);
    fine(sent.await)?;
    equal(source.read_to_end().await, Vec::new())?;
    fine(received.await)
}

/// The stream is whole afterwards.
async fn read_dropped(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, _sent, mut source, _received) = open(&connection).await;
    for _ in 0..3 {
        let mut bytes = Vec::new();
        let read = async { Some(source.read(&mut bytes).await) };
        let dropped = or(read, async { None }).await;
        that(&dropped, dropped.is_none())?;
    }
    echoes(&mut sink, &mut source).await
}

/// With TLS the streams end with the connection; without, the caller's own go on until it drops them.
async fn close_with_streams(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, sent, mut source, received) = open(&connection).await;
    echoes(&mut sink, &mut source).await?;
    fine(connection.close().await)?;
    go_on_or_end(way, sink, sent, source, received).await
}

async fn connection_first(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (mut sink, sent, mut source, received) = open(&connection).await;
    echoes(&mut sink, &mut source).await?;
    drop(connection);
    go_on_or_end(way, sink, sent, source, received).await
}

async fn go_on_or_end(
    way: Way,
    mut sink: Sink,
    sent: Completion,
    mut source: Source,
    received: Completion,
) -> Result<(), String> {
    if let Way::Plain = way {
        echoes(&mut sink, &mut source).await?;
    }
    drop(sink);
    let (rest, sent) = zip(source.read_to_end(), async { sent.await }).await;
    equal(rest, Vec::new())?;
    let received = received.await;
    match way {
        Way::Plain => {
            fine(sent)?;
            fine(received)
        }
        // What exactly, depends on who was first; only that they end counts.
        Way::Tls => Ok(()),
    }
}
