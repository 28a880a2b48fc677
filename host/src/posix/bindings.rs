//! What wasmtime makes of `wit/posix`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "switchboard:posix/imports",
    imports: {
        "switchboard:posix/sockets.[method]stream-socket.bind": async | trappable,
        "switchboard:posix/sockets.[method]stream-socket.send": store | trappable,
        "switchboard:posix/sockets.[method]stream-socket.receive": store | trappable,
        "switchboard:posix/sockets.[method]datagram-socket.bind": async | trappable,
        "switchboard:posix/sockets.[method]datagram-socket.bind-replacing": async | trappable,
        "switchboard:posix/sockets.[method]datagram-socket.connect": async | trappable,
        default: trappable,
    },
    with: {
        "wasi": wasmtime_wasi::p3::bindings,
        "switchboard:posix/sockets.stream-socket": super::StreamSocket,
        "switchboard:posix/sockets.datagram-socket": super::DatagramSocket,
    },
    trappable_error_type: {
        "switchboard:posix/sockets.failure" => super::Trappable,
    },
});
