//! Steps of a datagram socket.

use crate::bindings::switchboard::posix::sockets::DatagramSocket;
use crate::script::{Outcome, Words};
use crate::stream::{plain, told, told_with};
use crate::{address, options, text};
use futures_lite::future::{poll_once, zip};
use std::pin::pin;

pub(crate) async fn step(socket: &DatagramSocket, what: &str, mut words: Words<'_>) -> Outcome {
    match what {
        "bind" => told(socket.bind(&address::parse(words.next()?)?)),
        "bind-replacing" => told(socket.bind_replacing(&address::parse(words.next()?)?)),
        "connect" => told(socket.connect(&address::parse(words.next()?)?)),
        "disconnect" => told(socket.disconnect()),
        "post" => {
            let data = text::decode(words.next()?)?;
            let to = words.maybe().map(address::parse).transpose()?;
            told(socket.send(data, to).await)
        }
        // So many bytes, whatever they are.
        "post-bytes" => {
            let data = vec![b'x'; words.number()?];
            let to = words.maybe().map(address::parse).transpose()?;
            told(socket.send(data, to).await)
        }
        // One after the other, without waiting for anybody.
        "post-many" => {
            let (count, to) = (words.number()?, words.maybe());
            for at in 0..count {
                let to = to.map(address::parse).transpose()?;
                if let Err(failure) = socket.send(at.to_string().into(), to).await {
                    return told(Err(failure));
                }
            }
            Ok(Ok(String::new()))
        }
        "take" => told_with(socket.receive().await, |(data, from)| {
            let text = text::encode(&data);
            format!("{text} from {}", address::write(from))
        }),
        "take-size" => told_with(socket.receive().await, |(data, _)| data.len().to_string()),
        // What is there, and no more than that.
        "take-all" => {
            let mut count = 0;
            while poll_once(pin!(socket.receive())).await.is_some() {
                count += 1;
            }
            Ok(Ok(count.to_string()))
        }
        // Two at a time.
        "take-two" => {
            let (one, two) = zip(socket.receive(), socket.receive()).await;
            let text = |(data, _): (Vec<u8>, _)| text::encode(&data);
            Ok(match (one.map(text), two.map(text)) {
                (Ok(one), Ok(two)) => Ok(format!("{one} {two}")),
                (Err(failure), _) | (_, Err(failure)) => Err(crate::stream::name(failure)),
            })
        }
        "abandon-take" => {
            let waiting = poll_once(pin!(socket.receive())).await.is_none();
            Ok(Ok(waiting.to_string()))
        }
        "local" => told_with(socket.get_local_address(), address::write),
        "remote" => told_with(socket.get_remote_address(), address::write),
        "family" => Ok(Ok(address::write_family(socket.get_family()).into())),
        "get" => plain(options::get_of_datagrams(socket, words.next()?)?),
        "set" => plain(options::set_of_datagrams(
            socket,
            words.next()?,
            words.next()?,
        )?),
        _ => Err(format!("{what} is no step of datagrams")),
    }
}
