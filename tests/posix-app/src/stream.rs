//! Steps of a stream socket.

use crate::bindings::switchboard::posix::sockets::StreamSocket;
use crate::ends::{Completion, PIECE, Sink, Source};
use crate::script::{Outcome, Words, failed, fine};
use crate::{address, measure, options, text};
use futures_lite::future::poll_once;
use std::pin::pin;

/// A socket, and what was taken of it; the streams may outlive it.
pub(crate) struct Stream {
    socket: Option<StreamSocket>,
    outgoing: Option<Sink>,
    sent: Option<Completion>,
    incoming: Option<Source>,
    received: Option<Completion>,
}

impl Stream {
    pub(crate) fn new(socket: StreamSocket) -> Self {
        Self {
            socket: Some(socket),
            outgoing: None,
            sent: None,
            incoming: None,
            received: None,
        }
    }

    pub(crate) async fn step(&mut self, what: &str, mut words: Words<'_>) -> Outcome {
        match what {
            "say" => {
                let outgoing = self.outgoing.as_mut().ok_or("nothing goes out")?;
                let mut data = text::decode(words.next()?)?;
                match outgoing.write(&mut data).await {
                    true => fine(),
                    false => failed("unwanted"),
                }
            }
            "hear" => {
                let incoming = self.incoming.as_mut().ok_or("nothing comes in")?;
                let count = words.number()?;
                let mut data = Vec::with_capacity(count);
                while data.len() < count && incoming.read(&mut data).await {}
                Ok(Ok(text::encode(&data)))
            }
            // Ends what goes out, and tells how it went.
            "end" => {
                self.outgoing = None;
                let sent = self.sent.take().ok_or("nothing was sent")?;
                Ok(sent.await.map(|()| String::new()).map_err(name))
            }
            // How it went, without ending it here.
            "sent" => {
                let sent = self.sent.take().ok_or("nothing was sent")?;
                Ok(sent.await.map(|()| String::new()).map_err(name))
            }
            "rest" => {
                let incoming = self.incoming.as_mut().ok_or("nothing comes in")?;
                let mut data = Vec::with_capacity(PIECE);
                while incoming.read(&mut data).await {
                    data.reserve(PIECE);
                }
                let received = self.received.take().ok_or("nothing was received")?;
                let data = text::encode(&data);
                Ok(match received.await {
                    Ok(()) => Ok(data),
                    Err(code) => Err(format!("{} {data}", name(code)).trim_end().to_owned()),
                })
            }
            // Wants to hear no more.
            "deafen" => {
                self.incoming = None;
                let received = self.received.take().ok_or("nothing was received")?;
                Ok(received.await.map(|()| String::new()).map_err(name))
            }
            "abandon-hear" => {
                let incoming = self.incoming.as_mut().ok_or("nothing comes in")?;
                Ok(Ok(incoming.read_and_call_off().await.to_string()))
            }
            // Drops the socket, and leaves its streams.
            "let-go" => {
                self.socket = None;
                fine()
            }
            "rounds" => {
                let outgoing = self.outgoing.as_mut().ok_or("nothing goes out")?;
                let incoming = self.incoming.as_mut().ok_or("nothing comes in")?;
                measure::rounds(outgoing, incoming, words.number()?).await
            }
            _ => self.step_of_socket(what, words).await,
        }
    }

    async fn step_of_socket(&mut self, what: &str, mut words: Words<'_>) -> Outcome {
        let socket = self.socket.as_ref().ok_or("the socket was let go")?;
        match what {
            "bind" => told(socket.bind(&address::parse(words.next()?)?)),
            "connect" => told(socket.connect(address::parse(words.next()?)?).await),
            "abandon-connect" => {
                let to = address::parse(words.next()?)?;
                let connecting = pin!(socket.connect(to));
                let waiting = poll_once(connecting).await.is_none();
                Ok(Ok(waiting.to_string()))
            }
            "send" => {
                let (sink, stream) = Sink::new();
                self.outgoing = Some(sink);
                self.sent = Some(socket.send(stream));
                fine()
            }
            "receive" => {
                let (stream, received) = socket.receive();
                self.incoming = Some(Source::new(stream));
                self.received = Some(received);
                fine()
            }
            "local" => told_with(socket.get_local_address(), address::write),
            "remote" => told_with(socket.get_remote_address(), address::write),
            "family" => Ok(Ok(address::write_family(socket.get_family()).into())),
            "credentials" => told_with(socket.get_peer_credentials(), |it| {
                let pid = it.pid.map_or("none".to_owned(), |it| it.to_string());
                format!("{pid} {} {}", it.uid, it.gid)
            }),
            "get" => plain(options::get_of_stream(socket, words.next()?)?),
            "set" => plain(options::set_of_stream(
                socket,
                words.next()?,
                words.next()?,
            )?),
            _ => Err(format!("{what} is no step of a stream")),
        }
    }
}

/// The name of a failure in the bindings.
pub(crate) fn name(failure: impl std::fmt::Debug) -> String {
    let text = format!("{failure:?}");
    match text.split_once("::") {
        Some((_, name)) => name.to_owned(),
        None => text,
    }
}

pub(crate) fn told(result: Result<(), impl std::fmt::Debug>) -> Outcome {
    told_with(result, |()| String::new())
}

pub(crate) fn told_with<T>(
    result: Result<T, impl std::fmt::Debug>,
    tell: impl FnOnce(T) -> String,
) -> Outcome {
    Ok(result.map(tell).map_err(name))
}

pub(crate) fn plain(result: Result<String, impl std::fmt::Debug>) -> Outcome {
    Ok(result.map_err(name))
}
