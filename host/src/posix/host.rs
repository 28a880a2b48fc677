//! The interface, for wasmtime: which resource is meant, and what wasmtime makes of streams and futures.

use super::bindings::switchboard::posix::sockets::{
    Address, Credentials, Failure, Family, Host, HostDatagramSocket, HostDatagramSocketWithStore,
    HostStreamSocket, HostStreamSocketWithStore,
};
use super::streams::{Consumer, Producer};
use super::{DatagramSocket, Posix, PosixCtxView, StreamSocket, Trappable};
use std::iter;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

type Outcome<T> = Result<T, Trappable>;
type Completion = FutureReader<Result<(), ErrorCode>>;

impl PosixCtxView<'_> {
    fn stream(&mut self, socket: &Resource<StreamSocket>) -> Outcome<&mut StreamSocket> {
        self.table.get_mut(socket).map_err(Trappable::trap)
    }

    fn datagrams(&mut self, socket: &Resource<DatagramSocket>) -> Outcome<&mut DatagramSocket> {
        self.table.get_mut(socket).map_err(Trappable::trap)
    }
}

/// Sockets are watched by tokio, which panics where it does not run.
fn in_runtime() -> Outcome<()> {
    Handle::try_current().map(drop).map_err(Trappable::trap)
}

impl Host for PosixCtxView<'_> {
    fn convert_failure(&mut self, failure: Trappable) -> wasmtime::Result<Failure> {
        failure.downcast()
    }
}

impl<T: Send> HostStreamSocketWithStore<T> for Posix {
    async fn connect(
        store: &Accessor<T, Self>,
        socket: Resource<StreamSocket>,
        remote_address: Address,
    ) -> Outcome<()> {
        let connecting = store.with(|mut store| -> Outcome<_> {
            Ok(store.get().stream(&socket)?.connect(remote_address)?)
        })?;
        let connected = connecting.await;
        store.with(|mut store| Ok(store.get().stream(&socket)?.connected(connected)?))
    }

    fn send(
        mut store: Access<'_, T, Self>,
        socket: Resource<StreamSocket>,
        mut data: StreamReader<u8>,
    ) -> wasmtime::Result<Completion> {
        match store.get().stream(&socket)?.send() {
            Ok(sending) => {
                let (outcome, completion) = oneshot::channel();
                data.pipe(&mut store, Consumer::new(sending, outcome))?;
                FutureReader::new(&mut store, completion)
            }
            Err(code) => {
                data.close(&mut store)?;
                FutureReader::new(&mut store, async { wasmtime::error::Ok(Err(code)) })
            }
        }
    }

    fn receive(
        mut store: Access<'_, T, Self>,
        socket: Resource<StreamSocket>,
    ) -> wasmtime::Result<(StreamReader<u8>, Completion)> {
        match store.get().stream(&socket)?.receive() {
            Ok(receiving) => {
                let (outcome, completion) = oneshot::channel();
                let data = StreamReader::new(&mut store, Producer::new(receiving, outcome))?;
                Ok((data, FutureReader::new(&mut store, completion)?))
            }
            Err(code) => {
                let data = StreamReader::new(&mut store, iter::empty())?;
                let completion = async { wasmtime::error::Ok(Err(code)) };
                Ok((data, FutureReader::new(&mut store, completion)?))
            }
        }
    }
}

/// An option: `$get` and `$set` of the WIT, `$read` and `$write` of the socket that `$socket` finds.
macro_rules! option {
    ($resource:ident, $socket:ident, $type:ty, $get:ident = $read:ident, $set:ident = $write:ident) => {
        fn $get(&mut self, socket: Resource<$resource>) -> Outcome<$type> {
            Ok(self.$socket(&socket)?.$read()?)
        }

        fn $set(&mut self, socket: Resource<$resource>, value: $type) -> Outcome<()> {
            Ok(self.$socket(&socket)?.$write(value)?)
        }
    };
}

impl HostStreamSocket for PosixCtxView<'_> {
    fn create(&mut self, family: Family) -> Outcome<Resource<StreamSocket>> {
        in_runtime()?;
        let socket = StreamSocket::create(self.ctx, family)?;
        self.table.push(socket).map_err(Trappable::trap)
    }

    async fn bind(
        &mut self,
        socket: Resource<StreamSocket>,
        local_address: Address,
    ) -> Outcome<()> {
        Ok(self.stream(&socket)?.bind(local_address).await?)
    }

    fn get_local_address(&mut self, socket: Resource<StreamSocket>) -> Outcome<Address> {
        Ok(self.stream(&socket)?.local_address()?)
    }

    fn get_remote_address(&mut self, socket: Resource<StreamSocket>) -> Outcome<Address> {
        Ok(self.stream(&socket)?.remote_address()?)
    }

    fn get_family(&mut self, socket: Resource<StreamSocket>) -> wasmtime::Result<Family> {
        Ok(self.stream(&socket)?.family())
    }

    fn get_peer_credentials(&mut self, socket: Resource<StreamSocket>) -> Outcome<Credentials> {
        Ok(self.stream(&socket)?.peer_credentials()?)
    }

    option!(
        StreamSocket,
        stream,
        bool,
        get_no_delay = no_delay,
        set_no_delay = set_no_delay
    );
    option!(
        StreamSocket,
        stream,
        bool,
        get_reuse_address = reuse_address,
        set_reuse_address = set_reuse_address
    );
    option!(
        StreamSocket,
        stream,
        bool,
        get_reuse_port = reuse_port,
        set_reuse_port = set_reuse_port
    );
    option!(
        StreamSocket,
        stream,
        bool,
        get_keep_alive_enabled = keep_alive_enabled,
        set_keep_alive_enabled = set_keep_alive_enabled
    );
    option!(
        StreamSocket,
        stream,
        u64,
        get_keep_alive_idle_time = keep_alive_idle_time,
        set_keep_alive_idle_time = set_keep_alive_idle_time
    );
    option!(
        StreamSocket,
        stream,
        u64,
        get_keep_alive_interval = keep_alive_interval,
        set_keep_alive_interval = set_keep_alive_interval
    );
    option!(
        StreamSocket,
        stream,
        u32,
        get_keep_alive_count = keep_alive_count,
        set_keep_alive_count = set_keep_alive_count
    );
    option!(
        StreamSocket,
        stream,
        u8,
        get_hop_limit = hop_limit,
        set_hop_limit = set_hop_limit
    );
    option!(
        StreamSocket,
        stream,
        u64,
        get_receive_buffer_size = receive_buffer_size,
        set_receive_buffer_size = set_receive_buffer_size
    );
    option!(
        StreamSocket,
        stream,
        u64,
        get_send_buffer_size = send_buffer_size,
        set_send_buffer_size = set_send_buffer_size
    );

    fn drop(&mut self, socket: Resource<StreamSocket>) -> wasmtime::Result<()> {
        self.table.delete(socket)?;
        Ok(())
    }
}

impl<T: Send> HostDatagramSocketWithStore<T> for Posix {
    async fn send(
        store: &Accessor<T, Self>,
        socket: Resource<DatagramSocket>,
        data: Vec<u8>,
        remote_address: Option<Address>,
    ) -> Outcome<()> {
        let sending = store.with(|mut store| -> Outcome<_> {
            Ok(store.get().datagrams(&socket)?.send(data, remote_address))
        })?;
        Ok(sending.await?)
    }

    async fn receive(
        store: &Accessor<T, Self>,
        socket: Resource<DatagramSocket>,
    ) -> Outcome<(Vec<u8>, Address)> {
        let receiving = store
            .with(|mut store| -> Outcome<_> { Ok(store.get().datagrams(&socket)?.receive()) })?;
        Ok(receiving.await?)
    }
}

impl HostDatagramSocket for PosixCtxView<'_> {
    fn create(&mut self, family: Family) -> Outcome<Resource<DatagramSocket>> {
        in_runtime()?;
        let socket = DatagramSocket::create(self.ctx, family)?;
        self.table.push(socket).map_err(Trappable::trap)
    }

    async fn bind(
        &mut self,
        socket: Resource<DatagramSocket>,
        local_address: Address,
    ) -> Outcome<()> {
        Ok(self.datagrams(&socket)?.bind(local_address).await?)
    }

    async fn bind_replacing(
        &mut self,
        socket: Resource<DatagramSocket>,
        local_address: Address,
    ) -> Outcome<()> {
        let socket = self.datagrams(&socket)?;
        Ok(socket.bind_replacing(local_address).await?)
    }

    async fn connect(
        &mut self,
        socket: Resource<DatagramSocket>,
        remote_address: Address,
    ) -> Outcome<()> {
        Ok(self.datagrams(&socket)?.connect(remote_address).await?)
    }

    fn disconnect(&mut self, socket: Resource<DatagramSocket>) -> Outcome<()> {
        Ok(self.datagrams(&socket)?.disconnect()?)
    }

    fn get_local_address(&mut self, socket: Resource<DatagramSocket>) -> Outcome<Address> {
        Ok(self.datagrams(&socket)?.local_address()?)
    }

    fn get_remote_address(&mut self, socket: Resource<DatagramSocket>) -> Outcome<Address> {
        Ok(self.datagrams(&socket)?.remote_address()?)
    }

    fn get_family(&mut self, socket: Resource<DatagramSocket>) -> wasmtime::Result<Family> {
        Ok(self.datagrams(&socket)?.family())
    }

    option!(
        DatagramSocket,
        datagrams,
        bool,
        get_reuse_address = reuse_address,
        set_reuse_address = set_reuse_address
    );
    option!(
        DatagramSocket,
        datagrams,
        bool,
        get_reuse_port = reuse_port,
        set_reuse_port = set_reuse_port
    );
    option!(
        DatagramSocket,
        datagrams,
        bool,
        get_broadcast = broadcast,
        set_broadcast = set_broadcast
    );
    option!(
        DatagramSocket,
        datagrams,
        u8,
        get_unicast_hop_limit = hop_limit,
        set_unicast_hop_limit = set_hop_limit
    );
    option!(
        DatagramSocket,
        datagrams,
        u64,
        get_receive_buffer_size = receive_buffer_size,
        set_receive_buffer_size = set_receive_buffer_size
    );
    option!(
        DatagramSocket,
        datagrams,
        u64,
        get_send_buffer_size = send_buffer_size,
        set_send_buffer_size = set_send_buffer_size
    );

    fn drop(&mut self, socket: Resource<DatagramSocket>) -> wasmtime::Result<()> {
        self.table.delete(socket)?;
        Ok(())
    }
}
