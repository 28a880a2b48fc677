//! What wit-bindgen makes of `wit/`.

wit_bindgen::generate!({
    world: "app",
    path: "../../wit",
    generate_all,
    default_bindings_module: "crate::bindings",
});

export!(App);
use super::App;
