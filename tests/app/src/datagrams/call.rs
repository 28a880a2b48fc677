//! One call of `create-datagram-endpoint`.

use crate::bindings::switchboard::connect::datagrams::{
    Attempt, Endpoint, EndpointError, EndpointOptions, create_datagram_endpoint,
};
use crate::call_off;
use crate::json::options::{End, duration};

/// Calls it; nothing if its future was dropped before it returned.
pub(super) async fn run(
    end: Option<End>,
    options: EndpointOptions,
) -> Option<Result<Endpoint, EndpointError>> {
    match end {
        None => Some(create_datagram_endpoint(options).await),
        Some(End::Cancel(time)) => {
            let attempt = Attempt::new();
            let call = attempt.run(options);
            Some(call_off::cancelled(call, duration(time), || attempt.cancel()).await)
        }
        Some(End::Drop(time)) => {
            call_off::dropped(create_datagram_endpoint(options), duration(time)).await
        }
    }
}
