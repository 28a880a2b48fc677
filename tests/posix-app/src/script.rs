//! The steps, and the sockets that they speak of by names.
//!
//! - `stream NAME FAMILY` and `datagrams NAME FAMILY` make a socket
//! - `drop NAME` drops one with all that was taken of it
//! - `many FAMILY` makes sockets until that fails, and tells how many there were
//! - `STEP NAME …` is a step of the socket: see `stream.rs` and `datagrams.rs`

use crate::bindings::switchboard::posix::sockets::{DatagramSocket, StreamSocket};
use crate::stream::{Stream, name};
use crate::{address, datagrams};
use std::collections::BTreeMap;

/// What came of a step, if it was understood.
pub(crate) type Outcome = Result<Result<String, String>, String>;

pub(crate) fn fine() -> Outcome {
    Ok(Ok(String::new()))
}

pub(crate) fn failed(how: &str) -> Outcome {
    Ok(Err(how.to_owned()))
}

/// What is left of a step.
pub(crate) struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    pub(crate) fn maybe(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    pub(crate) fn next(&mut self) -> Result<&'a str, String> {
        self.maybe().ok_or_else(|| "a word is missing".to_owned())
    }

    pub(crate) fn number(&mut self) -> Result<usize, String> {
        let word = self.next()?;
        word.parse().map_err(|_| format!("{word} is no number"))
    }
}

enum Socket {
    Stream(Stream),
    Datagrams(DatagramSocket),
}

#[derive(Default)]
pub(crate) struct Script {
    sockets: BTreeMap<String, Socket>,
}

impl Script {
    pub(crate) async fn step(&mut self, step: &str) -> Outcome {
        let mut words = Words(step.split_whitespace());
        let what = words.next()?;
        let named = words.next()?;
        match what {
            "stream" => {
                let socket = StreamSocket::create(address::family(words.next()?)?);
                let socket = socket.map(Stream::new).map(Socket::Stream);
                self.keep(named, socket.map_err(name))
            }
            "datagrams" => {
                let socket = DatagramSocket::create(address::family(words.next()?)?);
                self.keep(named, socket.map(Socket::Datagrams).map_err(name))
            }
            "drop" => match self.sockets.remove(named) {
                Some(_) => fine(),
                None => Err(format!("{named} is no socket")),
            },
            "many" => {
                let mut all = Vec::new();
                let failure = loop {
                    match StreamSocket::create(address::family(named)?) {
                        Ok(socket) => all.push(socket),
                        Err(failure) => break failure,
                    }
                };
                Ok(Err(format!("{} after {}", name(failure), all.len())))
            }
            _ => match self.sockets.get_mut(named) {
                Some(Socket::Stream(stream)) => stream.step(what, words).await,
                Some(Socket::Datagrams(socket)) => datagrams::step(socket, what, words).await,
                None => Err(format!("{named} is no socket")),
            },
        }
    }

    fn keep(&mut self, name: &str, socket: Result<Socket, String>) -> Outcome {
        match socket {
            Ok(socket) => {
                self.sockets.insert(name.to_owned(), socket);
                fine()
            }
            Err(failure) => Ok(Err(failure)),
        }
    }
}
