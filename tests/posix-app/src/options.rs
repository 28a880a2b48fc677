//! Options of sockets by their names in the WIT.

use crate::bindings::switchboard::posix::sockets::{DatagramSocket, Failure, StreamSocket};

/// What came of it, if the step was understood.
type Outcome = Result<Result<String, Failure>, String>;

fn told(value: Result<impl ToString, Failure>) -> Outcome {
    Ok(value.map(|it| it.to_string()))
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("{word} is no value of it"))
}

fn done(result: Result<(), Failure>) -> Outcome {
    Ok(result.map(|()| String::new()))
}

pub(crate) fn get_of_stream(socket: &StreamSocket, option: &str) -> Outcome {
    match option {
        "no-delay" => told(socket.get_no_delay()),
        "reuse-address" => told(socket.get_reuse_address()),
        "reuse-port" => told(socket.get_reuse_port()),
        "keep-alive-enabled" => told(socket.get_keep_alive_enabled()),
        "keep-alive-idle-time" => told(socket.get_keep_alive_idle_time()),
        "keep-alive-interval" => told(socket.get_keep_alive_interval()),
        "keep-alive-count" => told(socket.get_keep_alive_count()),
        "hop-limit" => told(socket.get_hop_limit()),
        "receive-buffer-size" => told(socket.get_receive_buffer_size()),
        "send-buffer-size" => told(socket.get_send_buffer_size()),
        _ => Err(format!("{option} is no option of streams")),
    }
}

pub(crate) fn set_of_stream(socket: &StreamSocket, option: &str, value: &str) -> Outcome {
    match option {
        "no-delay" => done(socket.set_no_delay(number(value)?)),
        "reuse-address" => done(socket.set_reuse_address(number(value)?)),
        "reuse-port" => done(socket.set_reuse_port(number(value)?)),
        "keep-alive-enabled" => done(socket.set_keep_alive_enabled(number(value)?)),
        "keep-alive-idle-time" => done(socket.set_keep_alive_idle_time(number(value)?)),
        "keep-alive-interval" => done(socket.set_keep_alive_interval(number(value)?)),
        "keep-alive-count" => done(socket.set_keep_alive_count(number(value)?)),
        "hop-limit" => done(socket.set_hop_limit(number(value)?)),
        "receive-buffer-size" => done(socket.set_receive_buffer_size(number(value)?)),
        "send-buffer-size" => done(socket.set_send_buffer_size(number(value)?)),
        _ => Err(format!("{option} is no option of streams")),
    }
}

pub(crate) fn get_of_datagrams(socket: &DatagramSocket, option: &str) -> Outcome {
    match option {
        "reuse-address" => told(socket.get_reuse_address()),
        "reuse-port" => told(socket.get_reuse_port()),
        "broadcast" => told(socket.get_broadcast()),
        "unicast-hop-limit" => told(socket.get_unicast_hop_limit()),
        "receive-buffer-size" => told(socket.get_receive_buffer_size()),
        "send-buffer-size" => told(socket.get_send_buffer_size()),
        _ => Err(format!("{option} is no option of datagrams")),
    }
}

pub(crate) fn set_of_datagrams(socket: &DatagramSocket, option: &str, value: &str) -> Outcome {
    match option {
        "reuse-address" => done(socket.set_reuse_address(number(value)?)),
        "reuse-port" => done(socket.set_reuse_port(number(value)?)),
        "broadcast" => done(socket.set_broadcast(number(value)?)),
        "unicast-hop-limit" => done(socket.set_unicast_hop_limit(number(value)?)),
        "receive-buffer-size" => done(socket.set_receive_buffer_size(number(value)?)),
        "send-buffer-size" => done(socket.set_send_buffer_size(number(value)?)),
        _ => Err(format!("{option} is no option of datagrams")),
    }
}
