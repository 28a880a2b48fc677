//! What wit-bindgen makes of `wit/`.

wit_bindgen::generate!({
    world: "switchboard",
    path: "../wit",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "crate::wasi::bindings",
});

export!(Component with_types_in crate::wasi::bindings);
use super::exports::Component;
