//! What wit-bindgen makes of `wit/posix`.

wit_bindgen::generate!({
    inline: "
        package switchboard:posix-app;

        world posix-app {
            include wasi:cli/imports@0.3.0;
            import switchboard:posix/sockets@0.1.0;
            export wasi:cli/run@0.3.0;
        }
    ",
    path: "../../wit/posix",
    generate_all,
    default_bindings_module: "crate::bindings",
});

export!(App);
use super::App;
