//! What wit-bindgen makes of `wit/`.

wit_bindgen::generate!({
    inline: "
        package switchboard:client;

        world client {
            import switchboard:connect/types@0.1.0;
            import switchboard:connect/tls@0.1.0;
            import switchboard:connect/streams@0.1.0;
            import switchboard:connect/datagrams@0.1.0;
            import wasi:clocks/monotonic-clock@0.3.0;
        }
    ",
    path: "wit",
    generate_all,
});
