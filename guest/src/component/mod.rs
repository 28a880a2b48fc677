//! The component: what of it needs no WASI 0.3, which is TLS. Without the feature `connect` it is that alone.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
pub(crate) mod bindings;
pub(crate) mod tls;
mod tls_engine;

/// What wit-bindgen calls.
pub(crate) struct Component;
