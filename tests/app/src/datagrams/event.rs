//! Events as JSON.

use crate::bindings::switchboard::connect::datagrams::{Datagram, Event};
use crate::json::outcome::os;
use crate::{pattern, tell};
use serde_json::{Value, json};

/// Up to this many bytes a datagram is shown; of longer ones it is told whether they are the bytes of the pattern.
const SHOWN: usize = 64;

pub(super) fn show(event: Event) -> Value {
    match event {
        Event::Received(datagram) => json!({ "received": received(&datagram) }),
        Event::Failed(failure) => json!({ "failed": os(&failure) }),
        Event::Closed => json!("closed"),
    }
}

fn received(datagram: &Datagram) -> Value {
    let Datagram {
        data,
        address: from,
    } = datagram;
    let size = data.len();
    let from = tell::place(from);
    match size <= SHOWN {
        true => json!({ "size": size, "text": String::from_utf8_lossy(data), "from": from }),
        false => {
            let whole = pattern::check(0, data).is_ok();
            json!({ "size": size, "whole": whole, "from": from })
        }
    }
}
