//! Waiting for a test to have looked around.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::create_connection;
use crate::{options, tell};
use std::net::SocketAddr;

/// Connects to the server of `gate=`, if there is one, and stays until that ends the connection.
pub(crate) async fn wait(arguments: &Arguments) -> Result<(), String> {
    match arguments.parsed("gate")? {
        Some(address) => wait_at(address).await,
        None => Ok(()),
    }
}

/// Connects to this server, and stays until it ends the connection.
pub(crate) async fn wait_at(address: SocketAddr) -> Result<(), String> {
    let connection = create_connection(options::to(address)).await;
    let connection = connection.map_err(tell::connect_error)?;
    let _ = connection.read(1).await;
    Ok(())
}
