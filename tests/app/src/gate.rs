//! Waiting for a test to have looked around.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::create_connection;
use crate::{options, tell};

/// Connects to the server of `gate=`, if there is one, and stays until that ends the connection.
pub(crate) async fn wait(arguments: &Arguments) -> Result<(), String> {
    if let Some(address) = arguments.parsed("gate")? {
        let connection = create_connection(options::to(address)).await;
        let connection = connection.map_err(tell::connect_error)?;
        let _ = connection.read(1).await;
    }
    Ok(())
}
