//! What may go from one thread to another, said so that the compiler checks it: libraries ask for it, and a type that was `Send`
//! has to stay so.

use crate::{
    Connection, Connector, Datagram, Endpoint, Error, ReadHalf, Streams, Tls, TlsContext, Unix,
    UnixDatagram, Upgradable, WriteHalf,
};

fn send<T: Send>(_: T) {}

/// Never called.
const _: fn() = || {
    send(Connector::new("localhost", 7).connect());
    send(Connector::here(7).connect_upgradable());
    send(Unix::new("/run/service.sock").connect());
    send(Datagram::at("localhost", 0).open());
    send(UnixDatagram::anonymous().open());
};

const _: fn(Connection) = |it| send(it.close());
const _: fn(Connection) = |it| send(it.into_streams());
const _: fn(Connection) = |it| send(it.split());
const _: fn(Upgradable, Tls) = |it, tls| send(it.start_tls(tls));
const _: fn(&Endpoint) = |it| {
    send(it.next());
    send(it.send(b"hello"));
};

const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Endpoint>();
    shared::<Error>();
    shared::<Tls>();
    shared::<TlsContext>();
    fn moved<T: Send>() {}
    moved::<(Connection, ReadHalf, WriteHalf, Upgradable, Streams)>();
};
