//! What wit-bindgen makes of the two interfaces.

wit_bindgen::generate!({
    inline: "
        package example:tls-engine;

        world program {
            import switchboard:connect/tls@0.1.0;
            import switchboard:connect/tls-engine@0.1.0;
        }
    ",
    path: "../../wit",
    world: "example:tls-engine/program",
    generate_all,
});
